import { bytesToHex } from '@telltale/core'
import type { Clear, LinkStep, TelltaleError } from '@telltale/core'
import type { Certificate } from '../certificate.ts'
import type { Lamps } from '../lamp.ts'
import type { FoundOdometer, OdometerReading } from './claim.ts'
import type { ReadNote } from './notes.ts'
import type { OpenedRecord } from './opening.ts'
import type { ReadStream } from './records.ts'
import type { ProvedState } from './state.ts'
import { summarize } from './words.ts'
import type { Summary } from './words.ts'

export interface StreamReport {
  stream: string
  count: number
  /** Record numbers carried, both included. */
  from: number
  to: number
  disclosed: number
  resumes: number
}

/** Everything a certificate says, and on what ground. */
export interface Verification {
  summary: Summary
  sentence: string
  lamps: Lamps
  /** A question that was asked stays open: nobody should act on a green lamp alone. */
  isOpen: boolean
  network: { id: string; name: string | null }
  asset: string | null
  /** Who entered the asset, and from which block on: that it has no second entry is their promise. */
  entered: { by: string; height: number } | null
  device: string | null
  streams: StreamReport[]
  /** First to last observation of what is disclosed; on clock 1 since starts of the device, no dates. Null where clocks differ. */
  period: { clock: Clear['clock']; firstMs: number; lastMs: number } | null
  /** Block and time at which the authorities certified this. */
  head: { height: number; size: number; timeSeconds: number | null }
  odometer: OdometerReading | null
  notes: { stream: string; kind: string; author: string; first: number | null; last: number | null; args: unknown[] }[]
  opened: OpenedRecord[]
  refusal: { code: string; message: string; expected?: string; found?: string } | null
}

/** What was learnt so far; later stages stand on earlier ones. */
export interface Findings {
  head: LinkStep
  state: ProvedState
  streams: Map<string, ReadStream>
  notes: ReadNote[]
  opened: OpenedRecord[]
  odometer: FoundOdometer | null
}

export function report(certificate: Certificate, lamps: Lamps, found: Partial<Findings>, error: TelltaleError | null): Verification {
  const { head, state, streams = new Map<string, ReadStream>(), notes = [], opened = [] } = found
  const { height, size } = certificate.head.checkpoint
  const odometer = found.odometer?.reading ?? null
  const { summary, isOpen, sentence } = summarize(lamps)
  return {
    summary,
    sentence: sentence(odometer),
    lamps,
    isOpen,
    network: { id: bytesToHex(certificate.network), name: state?.parameters.name ?? null },
    asset: state?.assetId ?? null,
    entered: state ? enteredBy(state) : null,
    device: certificate.records[0] ? (streams.get(certificate.records[0].stream)?.device ?? null) : null,
    streams: streamReports(streams, opened),
    period: periodOf(opened),
    head: { height, size, timeSeconds: head?.timeSeconds ?? null },
    odometer,
    notes: notes.map(({ stream, content, author, leaf, transaction }) => ({ stream, kind: content.kind, author, first: leaf.first, last: leaf.last, args: transaction.args })),
    opened,
    refusal: error && { code: error.code, message: error.message, ...(error.expected === undefined ? {} : { expected: error.expected }), ...(error.found === undefined ? {} : { found: error.found }) },
  }
}

function enteredBy({ asset }: ProvedState): Verification['entered'] {
  return { by: asset.creator, height: asset.owners[0]?.from ?? 0 }
}

function streamReports(streams: Map<string, ReadStream>, opened: OpenedRecord[]): StreamReport[] {
  const disclosed = new Map<string, number>()
  for (const { stream } of opened) disclosed.set(stream, (disclosed.get(stream) ?? 0) + 1)
  return [...streams.values()].map(({ stream, row, carried, records }) => ({
    stream,
    count: row.count,
    from: carried.from,
    to: carried.from + records.length - 1,
    disclosed: disclosed.get(stream) ?? 0,
    resumes: row.discontinuities,
  }))
}

function periodOf(opened: OpenedRecord[]): Verification['period'] {
  const first = opened[0]?.clear
  if (!first) return null
  const period = { clock: first.clock, firstMs: first.firstMs, lastMs: first.firstMs + first.durationMs }
  for (const { clear } of opened) {
    if (clear.clock !== period.clock) return null
    period.firstMs = Math.min(period.firstMs, clear.firstMs)
    period.lastMs = Math.max(period.lastMs, clear.firstMs + clear.durationMs)
  }
  return period
}
