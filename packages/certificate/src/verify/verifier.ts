import { bytesToHex, encode, equalBytes, TelltaleError } from '@telltale/core'
import type { LinkStep, Primitives } from '@telltale/core'
import { commitmentInput } from '@telltale/ledger'
import { decodeCertificate } from '../certificate.ts'
import type { Certificate } from '../certificate.ts'
import { LAMP_NAMES } from '../lamp.ts'
import type { Lamp, LampName, Lamps } from '../lamp.ts'
import { findOdometer, judgeReading, readClaim } from './claim.ts'
import { readNotes, requireNotes } from './notes.ts'
import type { ReadNote } from './notes.ts'
import { openDisclosed } from './opening.ts'
import { readStreams, requireComplete, requireRecords } from './records.ts'
import type { ReadStream } from './records.ts'
import { refute } from './refutation.ts'
import { report } from './report.ts'
import type { Findings, Verification } from './report.ts'
import { requireSignatures, withSoundKeys } from './signatures.ts'
import { proveState, requireAllStreams, requireIdentities, requireSetInForce } from './state.ts'
import type { ProvedState } from './state.ts'
import { followAnchor, followHead } from './trust-path.ts'
import type { TrustPath } from './trust-path.ts'
import { judgeTrust, requireSoundPin } from './trust.ts'
import type { Trust } from './trust.ts'
import { ageText, describeCar, describeCertified, describeComplete, describeGenuine, describeNoted, quote } from './words.ts'

/** What whoever asks wants to know. */
export interface Question {
  trust: Trust
  /** The dashboard's odometer: `15590 mi`. */
  reading?: string
  vin?: string
}

const NOT_REACHED: Lamp = { state: 'unknown', ground: 'not checked, because an earlier check failed' }

/**
 * Verifies a certificate, offline. In order: form; anchor and links; head; state proofs; identity; every stream of the asset; range proofs; each
 * transaction; notes; opening; reading. The first check that fails turns its lamp red and ends it. Throws only where the file is no certificate or
 * the question cannot be understood.
 */
export async function verifyCertificate(bytes: Uint8Array, question: Question, primitives: Primitives): Promise<Verification> {
  requireSoundPin(question.trust, primitives)
  const claim = question.reading === undefined ? null : readClaim(question.reading)
  const certificate = decodeCertificate(bytes)
  const lamps = Object.fromEntries(LAMP_NAMES.map((name) => [name, NOT_REACHED])) as Lamps
  const found: Partial<Findings> = {}
  let stage: LampName = 'network'
  try {
    const path = await followAnchor(certificate, primitives)
    stage = 'certified'
    const head = (found.head = await followHead(certificate, path, primitives))
    const state = (found.state = proveState(certificate, primitives))
    requireSetInForce(state, certificate, head, primitives)
    lamps.certified = describeCertified(head)
    stage = 'network'
    lamps.network = describeNetwork(certificate, path, head, state, question.trust)
    stage = 'car'
    lamps.car = judgeIdentity(certificate, state, question.vin, primitives)
    stage = 'complete'
    requireAllStreams(state)
    const streams = (found.streams = readStreams(certificate, state, primitives))
    requireComplete(streams, primitives)
    const complete = describeComplete(streams, state)
    lamps.complete = complete
    stage = 'noted'
    const notes = (found.notes = readNotes(certificate, state, streams, primitives))
    stage = 'genuine'
    requireIdentities(state, authorsOf(streams, notes))
    await requireSignatures(withSoundKeys(requireRecords(streams, certificate, state)), primitives)
    const opened = (found.opened = openDisclosed(certificate, streams, primitives))
    found.odometer = findOdometer(opened, streams, state)
    lamps.genuine = describeGenuine(streams)
    lamps.complete = { ...complete, ground: `${complete.ground}; ${ageText(opened, head)}` }
    stage = 'noted'
    await requireSignatures(withSoundKeys(requireNotes(notes, certificate, state, primitives)), primitives)
    lamps.noted = describeNoted(notes, countLeaves(certificate), certificate.head.checkpoint.height)
    lamps.reading = judgeReading(claim, found.odometer)
    return report(certificate, lamps, found, null)
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    lamps[stage] = { state: 'refuted', ground: error.message }
    return report(certificate, lamps, found, error)
  }
}

/** Who has to be known by their keys: devices of the records, authors of the notes, and devices that a fork accuses. */
function authorsOf(streams: Map<string, ReadStream>, notes: ReadNote[]): Set<string> {
  const authors = new Set([...streams.values()].map((stream) => stream.device))
  for (const { author, content, stream } of notes) {
    authors.add(author)
    if (content.kind === 'fork') authors.add(stream.slice(0, stream.indexOf('/')))
  }
  return authors
}

function countLeaves({ notes }: Certificate): number {
  return notes.reduce((sum, { leaves }) => sum + leaves.length, 0)
}

function describeNetwork(certificate: Certificate, path: TrustPath, head: LinkStep, { network, parameters }: ProvedState, trust: Trust): Lamp {
  const { isOpen, ground } = judgeTrust(certificate, path, head, trust)
  const name = `"${quote(parameters.name)}"`
  if (isOpen) return { state: 'unknown', ground: `the file says that its network is ${name}, ${ground}` }
  const [resumption] = network.resumptions
  if (resumption) return { state: 'attention', ground: `${name}, ${ground}; its authority lost part of its records and went on at block ${resumption.height}` }
  return { state: 'holds', ground: `${name}, ${ground}` }
}

/** The disclosed identity is the one that was committed to when the asset was entered. */
function judgeIdentity({ identity }: Certificate, { asset }: ProvedState, vin: string | undefined, primitives: Primitives): Lamp {
  if (identity) {
    const commitment = primitives.sha256(encode(commitmentInput(identity.salt, identity.attributes)))
    if (!equalBytes(commitment, asset.commitment)) throw refute('other-identity', 'The car described in this file is not the one that was entered in the ledger.', bytesToHex(asset.commitment), bytesToHex(commitment))
  }
  return describeCar(identity?.attributes ?? null, vin)
}
