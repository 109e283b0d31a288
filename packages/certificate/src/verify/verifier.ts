import { bytesToHex, encode, equalBytes, judge, TelltaleError } from '@telltale/core'
import type { Clear, LinkStep, Primitives } from '@telltale/core'
import { commitmentInput, parametersAt } from '@telltale/ledger'
import { decodeCertificate } from '../certificate.ts'
import type { Certificate } from '../certificate.ts'
import { LAMP_NAMES } from '../lamp.ts'
import type { Lamp, LampName, Lamps } from '../lamp.ts'
import { judgeReading, lastOdometer, readClaim } from './claim.ts'
import type { OdometerReading } from './claim.ts'
import { readNotes, requireGenuineNotes } from './notes.ts'
import type { ReadNote } from './notes.ts'
import { openDisclosed } from './opening.ts'
import type { OpenedRecord } from './opening.ts'
import { readStreams, requireComplete, requireGenuine } from './records.ts'
import type { ReadStream } from './records.ts'
import { refute } from './refutation.ts'
import { proveState, requireAllStreams, requireIdentities, requireSetInForce } from './state.ts'
import type { ProvedState } from './state.ts'
import { describeCar, describeComplete, describeNoted, summarize } from './words.ts'
import type { Summary } from './words.ts'
import { followAnchor, followHead, judgeTrust } from './trust.ts'
import type { Trust, TrustPath } from './trust.ts'

/** What whoever asks wants to know. */
export interface Question {
  trust: Trust
  /** The dashboard's odometer: `15590 mi`. */
  reading?: string
  vin?: string
}

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
  device: string | null
  streams: StreamReport[]
  period: { clock: Clear['clock']; firstMs: number; lastMs: number } | null
  /** Block and time at which the authorities certified this. */
  head: { height: number; size: number; timeSeconds: number | null }
  odometer: OdometerReading | null
  notes: { stream: string; kind: string; author: string; first: number | null; last: number | null; args: unknown[] }[]
  opened: OpenedRecord[]
  refusal: { code: string; message: string; expected?: string; found?: string } | null
}

/** What was learnt so far; later stages stand on earlier ones. */
interface Findings {
  path: TrustPath
  head: LinkStep
  state: ProvedState
  streams: ReadStream[]
  notes: ReadNote[]
  opened: OpenedRecord[]
}

const NOT_REACHED: Lamp = { state: 'unknown', ground: 'not checked, because an earlier check failed' }

/**
 * Verifies a certificate, offline. In order: form; anchor and links; head; state proofs; identity; every stream of the asset; range proofs; each
 * transaction; notes; opening; reading. The first check that fails turns its lamp red and ends it. Throws only where the file is no certificate or
 * the question cannot be understood.
 */
export async function verifyCertificate(bytes: Uint8Array, question: Question, primitives: Primitives): Promise<Verification> {
  const claim = question.reading === undefined ? null : readClaim(question.reading)
  const certificate = decodeCertificate(bytes)
  const lamps = Object.fromEntries(LAMP_NAMES.map((name) => [name, NOT_REACHED])) as Lamps
  const found: Partial<Findings> = {}
  let stage: LampName = 'network'
  try {
    found.path = await followAnchor(certificate, primitives)
    stage = 'certified'
    found.head = await followHead(certificate, found.path, primitives)
    found.state = proveState(certificate, primitives)
    requireSetInForce(found.state, certificate, found.head, primitives)
    lamps.certified = describeCertified(found.head)
    stage = 'network'
    lamps.network = describeNetwork(certificate, found.path, found.state, question.trust, primitives)
    stage = 'car'
    lamps.car = judgeIdentity(certificate, found.state, question.vin, primitives)
    stage = 'complete'
    requireAllStreams(found.state)
    found.streams = readStreams(certificate, found.state, primitives)
    requireComplete(found.streams, primitives)
    lamps.complete = describeComplete(found.streams, found.state)
    stage = 'noted'
    found.notes = readNotes(certificate, found.state, found.streams, primitives)
    stage = 'genuine'
    requireIdentities(found.state, authorsOf(found.streams, found.notes))
    await requireGenuine(found.streams, certificate, found.state, primitives)
    found.opened = openDisclosed(certificate, found.streams, primitives)
    lamps.genuine = describeGenuine(found.streams)
    stage = 'noted'
    await requireGenuineNotes(found.notes, certificate, found.state, primitives)
    lamps.noted = describeNoted(found.notes, certificate)
    lamps.reading = judgeReading(claim, lastOdometer(found.opened))
    return report(certificate, lamps, found, null)
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    lamps[stage] = { state: 'refuted', ground: error.message }
    return report(certificate, lamps, found, error)
  }
}

function authorsOf(streams: ReadStream[], notes: ReadNote[]): Set<string> {
  const forked = notes.filter((note) => note.kind === 'fork').map((note) => note.stream.slice(0, note.stream.indexOf('/')))
  return new Set([...streams.map((stream) => stream.device), ...notes.map((note) => note.author), ...forked])
}

function describeCertified(head: LinkStep): Lamp {
  return { state: 'holds', ground: `${head.signers} of ${head.set.length} ${head.set.length === 1 ? 'authority' : 'authorities'}, ${new Date(head.timeSeconds * 1000).toISOString()}` }
}

function describeNetwork(certificate: Certificate, path: TrustPath, state: ProvedState, trust: Trust, primitives: Primitives): Lamp {
  const judged = judgeTrust(certificate, path, trust, primitives)
  const { name } = parametersAt(state.network, certificate.head.checkpoint.height)
  if (judged.isOpen) return { state: 'unknown', ground: `says it is "${name}": ${judged.ground}` }
  const [resumption] = state.network.resumptions
  if (resumption) return { state: 'attention', ground: `"${name}", ${judged.ground}; its authority lost part of its records and went on at block ${resumption.height}` }
  return { state: 'holds', ground: `"${name}", ${judged.ground}` }
}

/** The disclosed identity is the one that was committed to when the asset was entered. */
function judgeIdentity(certificate: Certificate, state: ProvedState, vin: string | undefined, primitives: Primitives): Lamp {
  const { identity } = certificate
  if (identity) {
    const commitment = primitives.sha256(encode(commitmentInput(identity.salt, identity.attributes)))
    if (!equalBytes(commitment, state.asset.commitment)) throw refute('other-identity', 'The car described in this file is not the one that was entered in the ledger.', bytesToHex(state.asset.commitment), bytesToHex(commitment))
  }
  return describeCar(identity?.attributes ?? null, vin)
}

function describeGenuine(streams: ReadStream[]): Lamp {
  const count = streams.reduce((sum, stream) => sum + stream.records.length, 0)
  return { state: 'holds', ground: `${count} ${count === 1 ? 'record' : 'records'} signed by the car` }
}

function report(certificate: Certificate, lamps: Lamps, found: Partial<Findings>, error: TelltaleError | null): Verification {
  const opened = found.opened ?? []
  const odometer = lastOdometer(opened)
  const { height, size } = certificate.head.checkpoint
  const summary = summarize(lamps)
  const name = found.state ? judge(() => parametersAt((found.state as ProvedState).network, height).name) : null
  const streams = found.streams ?? []
  return {
    summary: summary.summary,
    sentence: summary.sentence(odometer),
    lamps,
    isOpen: summary.isOpen,
    network: { id: bytesToHex(certificate.network), name: name?.ok ? name.value : null },
    asset: found.state?.assetId ?? null,
    device: streams[0]?.device ?? null,
    streams: streams.map(({ stream, row, carried, records }) => ({
      stream,
      count: row.count,
      from: carried.from,
      to: carried.from + records.length - 1,
      disclosed: opened.filter((item) => item.stream === stream).length,
      resumes: row.discontinuities,
    })),
    period: periodOf(opened),
    head: { height, size, timeSeconds: found.head?.timeSeconds ?? null },
    odometer,
    notes: (found.notes ?? []).map(({ stream, kind, author, leaf, transaction }) => ({ stream, kind, author, first: leaf.first, last: leaf.last, args: transaction.args })),
    opened,
    refusal: error && { code: error.code, message: error.message, ...(error.expected === undefined ? {} : { expected: error.expected }), ...(error.found === undefined ? {} : { found: error.found }) },
  }
}

/** From the first to the last observation of what is disclosed; null where nothing is, or where clocks differ. */
function periodOf(opened: OpenedRecord[]): Verification['period'] {
  const clock = opened[0]?.clear.clock
  if (clock === undefined || opened.some((item) => item.clear.clock !== clock)) return null
  return {
    clock,
    firstMs: Math.min(...opened.map((item) => item.clear.firstMs)),
    lastMs: Math.max(...opened.map((item) => item.clear.firstMs + item.clear.durationMs)),
  }
}
