import { exactToText } from '@telltale/core'
import type { Cbor, CborMap, LinkStep } from '@telltale/core'
import { LAMP_NAMES } from '../lamp.ts'
import { QUOTED_CHARACTERS_MAX } from '../limits.ts'
import type { Lamp, LampName, LampState, Lamps } from '../lamp.ts'
import type { OdometerReading } from './claim.ts'
import type { ReadNote } from './notes.ts'
import type { OpenedRecord } from './opening.ts'
import type { ReadStream } from './records.ts'
import { refute } from './refutation.ts'
import type { ProvedState } from './state.ts'

/** All lamps in one word; `unknown` where a question that was asked stays open. */
export type Summary = 'holds' | 'attention' | 'refuted' | 'unknown'

/** `odometer` of `address/odometer`. */
export function streamLabel(stream: string): string {
  return stream.slice(stream.indexOf('/') + 1)
}

/** Whoever wrote the file chose its names: nothing that a screen would obey, no quotation marks that could end ours, and no more than a line. */
export function quote(text: string): string {
  const cut = text.length > QUOTED_CHARACTERS_MAX ? `${text.slice(0, QUOTED_CHARACTERS_MAX)}…` : text
  return cut.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd').replaceAll('"', "'")
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}

function counted(count: number, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}`
}

export function describeCertified({ signers, set, timeSeconds }: LinkStep): Lamp {
  return { state: 'holds', ground: `${signers} of ${counted(set.length, 'authority', 'authorities')}, ${timeText(timeSeconds * 1000)}` }
}

function withoutSpaces(text: string): string {
  return text.replaceAll(/^ +| +$/g, '')
}

/** Attributes of a car as words: `VIN …`. */
export function describeCar(attributes: CborMap | null, vin: string | undefined): Lamp {
  const disclosed = attributes?.get('vin')
  if (vin === undefined) {
    if (!attributes || attributes.size === 0) return { state: 'not-asked', ground: 'the file does not say which car; give --vin to ask' }
    return { state: 'holds', ground: [...attributes].map(([name, value]) => `${quote(String(name))} ${attributeText(value)}`).join(', ') }
  }
  if (disclosed === undefined) return { state: 'unknown', ground: 'the file does not disclose a VIN' }
  if (typeof disclosed !== 'string' || upperAscii(disclosed) !== upperAscii(withoutSpaces(vin))) throw refute('other-vin', `The file is about another car, whose VIN is ${attributeText(disclosed)}.`, quote(vin), attributeText(disclosed))
  return { state: 'holds', ground: `VIN ${quote(withoutSpaces(vin))}` }
}

/** Only a to z: elsewhere capitals differ between versions of Unicode, and letters that are none of a VIN become some that are. */
function upperAscii(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())
}

function attributeText(value: Cbor): string {
  return typeof value === 'string' || typeof value === 'number' ? quote(String(value)) : 'not readable'
}

export function describeGenuine(streams: Map<string, ReadStream>): Lamp {
  const count = [...streams.values()].reduce((sum, { records }) => sum + records.length, 0)
  return { state: 'holds', ground: `${counted(count, 'record', 'records')} signed by the car` }
}

/**
 * Green only where everything of the streams that are shown is here, no stream of such a name on another device is left out, and no device ever lost its place.
 */
export function describeComplete(streams: Map<string, ReadStream>, state: ProvedState): Lamp {
  if (streams.size === 0) return { state: 'attention', ground: 'the file carries no records' }
  const shown = [...streams.values()]
  const labels = new Set(shown.map(({ stream }) => streamLabel(stream)))
  const hidden = [...state.streams].filter(([stream, row]) => !streams.has(stream) && row.count > 0).map(([stream]) => streamLabel(stream))
  const isTwinHidden = hidden.some((label) => labels.has(label))
  const isWhole = shown.every(({ row, records }) => records.length === row.count)
  const resumes = shown.reduce((sum, stream) => sum + countResumes(stream), 0)
  const ground = [
    shown.map(({ stream, row, records }) => `${records.length} of ${counted(row.count, 'record', 'records')} of ${streamLabel(stream)}`).join(', '),
    isWhole ? 'none missing' : 'none missing within these',
    ...(resumes > 0 ? [`the device lost its memory ${resumes === 1 ? 'once' : `${resumes} times`} and went on`] : []),
    ...(hidden.length > 0 ? [`not shown: ${[...new Set(hidden)].join(', ')}${isTwinHidden ? ' of another device' : ''}`] : []),
  ].join('; ')
  return { state: isWhole && resumes === 0 && !isTwinHidden ? 'holds' : 'attention', ground }
}

/** As often as the ledger counted, or as can be seen here. */
function countResumes({ row, records }: ReadStream): number {
  return Math.max(row.discontinuities, records.filter((item) => item.record === null).length)
}

/** When the newest disclosed record was observed, and up to when the ledger could have held a newer one: a withheld tail shows only as age. */
export function ageText(opened: OpenedRecord[], head: LinkStep): string {
  let lastMs: number | null = null
  for (const { clear } of opened) if (clear.clock === 0 && clear.firstMs + clear.durationMs > (lastMs ?? 0)) lastMs = clear.firstMs + clear.durationMs
  return `${lastMs === null ? '' : `last observed ${timeText(lastMs)}; `}ledger seen at ${timeText(head.timeSeconds * 1000)}`
}

/** Green only where nothing was noted about any record of the car, shown or not. */
export function describeNoted(notes: ReadNote[], noteCount: number, height: number): Lamp {
  if (noteCount === 0) return { state: 'holds', ground: `nothing noted up to block ${height}` }
  const words = notes.map(({ content, stream }) => `a ${content.kind} on ${streamLabel(stream)}`)
  const rest = noteCount - notes.length
  if (rest > 0) words.push(`${counted(rest, 'note', 'notes')} on records that are not shown`)
  return { state: 'attention', ground: `${words.join(', ')}, up to block ${height}` }
}

/** What is asked where a lamp can stay open. */
const OPEN: Partial<Record<LampName, string>> = {
  network: 'whether it comes from the network that you trust',
  car: 'whether it is about the car that you see',
  reading: 'what its odometer showed',
}

/** What a person should look at where a lamp is amber. */
const LOOK: Partial<Record<LampName, string>> = {
  network: 'the network',
  complete: 'what the file carries',
  reading: 'the odometer',
  noted: 'what was noted about its records',
}

/** What the sentence said already in its first words. */
const REPORTED = /^the car reported [\d.]+ \w+[,;] (?:but )?/

/** What a buyer reads first: what the car reported, then what became of the checks, each ground with what it is about. */
export function summarize(lamps: Lamps): { summary: Summary; isOpen: boolean; sentence(odometer: OdometerReading | null): string } {
  const states = LAMP_NAMES.map((name) => lamps[name].state)
  const isRefuted = states.includes('refuted')
  const isOpen = !isRefuted && states.includes('unknown')
  const summary = isRefuted ? 'refuted' : isOpen ? 'unknown' : states.includes('attention') ? 'attention' : 'holds'
  return {
    summary,
    isOpen,
    sentence(odometer) {
      const reported = odometer ? `The car reported ${exactToText(odometer.value)} ${odometer.unit}${odometer.unit === 'km' ? '' : ` (about ${Math.round(odometer.metres / 1000).toLocaleString('en')} km)`}. ` : ''
      const inState = (state: LampState): LampName[] => LAMP_NAMES.filter((name) => lamps[name].state === state)
      const groundOf = (name: LampName): string => (reported === '' ? lamps[name].ground : lamps[name].ground.replace(REPORTED, ''))
      const [red] = inState('refuted')
      if (red === 'reading') return `${reported}Do not rely on what the dashboard shows: ${groundOf(red)}.`
      if (red) return refutedSentence(lamps[red].ground)
      if (isOpen) return `${reported}Nothing speaks against this file, but it cannot be told ${inState('unknown').map((name) => `${OPEN[name]}: ${groundOf(name)}.`).join(' It also cannot be told ')}`
      if (summary === 'attention') return `${reported}Everything that was checked holds, but look at ${inState('attention').map((name) => `${LOOK[name]}: ${groundOf(name)}.`).join(' Look also at ')}`
      return `${reported}Everything that was checked holds.`
    },
  }
}

/** `message` is a whole sentence. */
export function refutedSentence(message: string): string {
  return `Do not rely on this file. ${message}`
}
