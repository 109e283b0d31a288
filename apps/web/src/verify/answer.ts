import { exactToText } from '@telltale/core'
import type { Exact, RecordReading } from '@telltale/core'
import type { Lamps, Summary, Verification } from '@telltale/certificate'

/** What a question may hold, as it was typed; empty text stands for "not asked". */
export interface AskedQuestion {
  /** Fingerprint of the network that is trusted, 64 hexadecimal digits. */
  network: string
  /** Fingerprints of networks trusted on this device; counts where `network` is empty and the file belongs to one of them. */
  trusted: readonly string[]
  /** A pinned checkpoint, as `telltale chain show --out` writes it. */
  checkpoint: Uint8Array | null
  /** `15590 mi`. */
  reading: string
  vin: string
}

/** The odometer over the disclosed records, one point a reading. */
export interface OdometerTrack {
  clock: 0 | 1 | 2
  timesMs: number[]
  metres: number[]
}

/** Parts of a question that could not be understood, and why; the rest was answered. */
export type Flaws = Partial<Record<'network' | 'checkpoint' | 'reading', { code: string; message: string; expected?: string; found?: string }>>

/** A verification in plain values, so that a worker can hand it over. */
export interface Answer {
  summary: Summary
  sentence: string
  lamps: Lamps
  isOpen: boolean
  network: Verification['network']
  asset: string | null
  device: string | null
  streams: Verification['streams']
  period: Verification['period']
  head: Verification['head']
  odometer: { value: string; unit: string; metres: number; timeMs: number; sequence: number } | null
  notes: { stream: string; kind: string; author: string; first: number | null; last: number | null }[]
  refusal: Verification['refusal']
  /** When those who imported the log claim that it begins. */
  claimedStart: string | null
  track: OdometerTrack | null
  milliseconds: number
  flaws: Flaws
}

export function toAnswer(verification: Verification, milliseconds: number, flaws: Flaws): Answer {
  const { summary, sentence, lamps, isOpen, network, asset, device, streams, period, head, odometer, notes, refusal, opened } = verification
  const claim = opened.flatMap((item) => item.readings).find((reading) => reading.path === 'Import.RecordedAt')
  return {
    summary,
    sentence,
    lamps,
    isOpen,
    network,
    asset,
    device,
    streams,
    period,
    head,
    odometer: odometer && { value: exactToText(odometer.value), unit: odometer.unit, metres: odometer.metres, timeMs: odometer.timeMs, sequence: odometer.sequence },
    notes: notes.map(({ stream, kind, author, first, last }) => ({ stream, kind, author, first, last })),
    refusal,
    claimedStart: typeof claim?.value === 'string' ? claim.value : null,
    track: odometer && trackOf(verification, odometer.stream),
    milliseconds,
    flaws,
  }
}

function trackOf({ opened }: Verification, stream: string): OdometerTrack | null {
  const records = opened.filter((item) => item.stream === stream)
  const clock = records[0]?.clear.clock
  if (clock === undefined || records.some((item) => item.clear.clock !== clock)) return null
  const readings = records.flatMap((item) => item.readings).filter((reading) => reading.path === 'Vehicle.TraveledDistance')
  return { clock, timesMs: readings.map(({ timeMs }) => timeMs), metres: readings.map(metresOf) }
}

function metresOf({ value }: RecordReading): number {
  return Number(exactToText(value as Exact))
}
