import { exactToText } from '@telltale/core'
import type { Cbor, CborMap } from '@telltale/core'
import { LAMP_NAMES } from '../lamp.ts'
import type { Certificate } from '../certificate.ts'
import type { Lamp, Lamps } from '../lamp.ts'
import type { OdometerReading } from './claim.ts'
import type { ReadNote } from './notes.ts'
import type { ReadStream } from './records.ts'
import { refute } from './refutation.ts'
import type { ProvedState } from './state.ts'

/** All lamps in one word; `unknown` where a question that was asked stays open. */
export type Summary = 'holds' | 'attention' | 'refuted' | 'unknown'

/** Attributes of a car as words: `VIN …`. */
export function describeCar(attributes: CborMap | null, vin: string | undefined): Lamp {
  const disclosed = attributes?.get('vin')
  if (vin === undefined) {
    if (attributes && attributes.size > 0) return { state: 'holds', ground: [...attributes].map(([name, value]) => `${name} ${text(value)}`).join(', ') }
    return { state: 'not-asked', ground: 'the file does not say which car; give --vin to ask' }
  }
  if (disclosed === undefined) return { state: 'unknown', ground: 'the file does not disclose a VIN' }
  if (disclosed !== vin) throw refute('other-vin', 'The VIN is another one.', vin, text(disclosed))
  return { state: 'holds', ground: `VIN ${vin}` }
}

function text(value: Cbor): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'not readable'
}

/** Green only where everything of the streams that are shown is here and the device never lost its place. */
export function describeComplete(streams: ReadStream[], state: ProvedState): Lamp {
  if (streams.length === 0) return { state: 'attention', ground: 'the file carries no records' }
  const parts = streams.map(({ stream, row, records }) => `${records.length} of ${row.count} records of ${shortName(stream)}`)
  const hidden = [...state.streams.keys()].filter((stream) => !streams.some((shown) => shown.stream === stream)).map(shortName)
  const resumes = streams.reduce((sum, { row }) => sum + row.discontinuities, 0)
  const isWhole = streams.every(({ row, records }) => records.length === row.count)
  const ground = [
    parts.join(', '),
    ...(isWhole ? ['none missing'] : ['none missing within these']),
    ...(resumes > 0 ? [`the device lost its memory ${resumes === 1 ? 'once' : `${resumes} times`} and went on`] : []),
    ...(hidden.length > 0 ? [`not shown: ${hidden.join(', ')}`] : []),
  ].join('; ')
  return { state: isWhole && resumes === 0 ? 'holds' : 'attention', ground }
}

function shortName(stream: string): string {
  return stream.slice(stream.indexOf('/') + 1)
}

export function describeNoted(notes: ReadNote[], certificate: Certificate): Lamp {
  const { height } = certificate.head.checkpoint
  if (notes.length === 0) return { state: 'holds', ground: `nothing noted up to block ${height}` }
  const words = notes.map(({ kind, stream }) => `a ${kind} on ${shortName(stream)}`)
  return { state: 'attention', ground: `${words.join(', ')}, up to block ${height}` }
}

/** The one sentence a buyer reads first. */
export function summarize(lamps: Lamps): { summary: Summary; isOpen: boolean; sentence(odometer: OdometerReading | null): string } {
  const states = LAMP_NAMES.map((name) => lamps[name].state)
  const isRefuted = states.includes('refuted')
  const isOpen = !isRefuted && states.includes('unknown')
  const summary = isRefuted ? 'refuted' : isOpen ? 'unknown' : states.includes('attention') ? 'attention' : 'holds'
  return {
    summary,
    isOpen,
    sentence(odometer) {
      const reported = odometer ? `The car reported ${exactToText(odometer.value)} ${odometer.unit}${odometer.unit === 'km' ? '' : ` (about ${Math.round(odometer.metres / 1000).toLocaleString('en')} km)`}.` : ''
      const red = LAMP_NAMES.find((name) => lamps[name].state === 'refuted')
      if (red) return [red === 'reading' ? reported : '', `Do not rely on this file: ${lamps[red].ground}`].filter(Boolean).join(' ')
      const open = LAMP_NAMES.find((name) => lamps[name].state === 'unknown')
      if (open) return [reported, `Nothing speaks against this file, but a question is open: ${lamps[open].ground}.`].filter(Boolean).join(' ')
      const amber = LAMP_NAMES.find((name) => lamps[name].state === 'attention')
      if (amber) return [reported, `Everything checked holds; look at this: ${lamps[amber].ground}.`].filter(Boolean).join(' ')
      return [reported, 'Everything that was checked holds.'].filter(Boolean).join(' ')
    },
  }
}
