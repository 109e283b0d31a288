import assert from 'node:assert/strict'
import { bytesToHex, decode, decodeTransaction, encode, equalBytes, leafHash, recordLeaf, rootFromRange, setHash, signTransaction, transactionId } from '@telltale/core'
import type { AuthoritySet, Cbor, Checkpoint, Statement } from '@telltale/core'
import { encodeStateKey, noteLeaf, splitStreamName, streamKey } from '@telltale/ledger'
import type { StateKey } from '@telltale/ledger'
import { forgeRoot, forgeState, makeLink } from '@telltale/testing'
import type { ForgerStory, TestIdentity, TestNetwork } from '@telltale/testing'
import type { CarriedEntry, CarriedNotes, CarriedRecords, Certificate, Disclosure } from '../../src/certificate.ts'
import type { Lamp, LampName } from '../../src/lamp.ts'
import type { Question } from '../../src/verify/verifier.ts'
import type { Base, World } from './world.ts'

/** What a forger has in hand: an honest file, read anew, and everybody's keys; whose they use, they say. */
export interface Forging {
  certificate: Certificate
  world: World
  story: ForgerStory
  network: TestNetwork
}

/** A file that must not be believed, and what is said about it. */
export interface Forgery {
  name: string
  /** Whose keys it takes. `quorum`: those of all authorities; `device`: those of the device and all authorities. */
  by: 'outsider' | 'quorum' | 'device'
  base: Base
  /** What is asked, where it is not what the honest file is asked. */
  question?: (world: World) => Question | Promise<Question>
  /** The lamp that answers; null where the file or the question cannot be read at all. */
  lamp: LampName | null
  /** `refuted` if left out. `unknown` and `attention` where nothing can be refuted, but nothing may be green either. */
  state?: Lamp['state']
  code: string | null
  /** Changes the certificate, or gives other bytes. */
  forge(forging: Forging): Promise<void | Uint8Array>
}

type Change = (forging: Forging) => unknown
type Verdict = [lamp: LampName | null, code: string | null]

/** A forgery that takes nobody's key. */
export function outsider([lamp, code]: Verdict, name: string, change: Change, more: Partial<Forgery> = {}): Forgery {
  const forge: Forgery['forge'] = async (forging) => void (await change(forging))
  return { name, by: 'outsider', base: 'whole', lamp, code, forge, ...more }
}

/** One that is another file altogether. */
export function file([lamp, code]: Verdict, name: string, make: (forging: Forging) => Uint8Array, more: Partial<Forgery> = {}): Forgery {
  return { name, by: 'outsider', base: 'whole', lamp, code, forge: async (forging) => make(forging), ...more }
}

/** One that every authority certifies: all that hangs on the carried records, notes and entries is computed anew and signed. */
export function quorum([lamp, code]: Verdict, name: string, change: Change, more: Partial<Forgery> = {}): Forgery {
  const forge: Forgery['forge'] = async (forging) => {
    await change(forging)
    await recertify(forging)
  }
  return { name, by: 'quorum', base: 'whole', lamp, code, forge, ...more }
}

/** One that a device or another author signs and every authority certifies. */
export function device(verdict: Verdict, name: string, change: Change, more: Partial<Forgery> = {}): Forgery {
  return quorum(verdict, name, change, { by: 'device', ...more })
}

const CALL_RECORD = 16
const CALL_RESUME = 17

export function openRecords({ certificate, story }: Forging): CarriedRecords {
  return recordsOf(certificate, story.streams.open)
}

export function sealedRecords({ certificate, story }: Forging): CarriedRecords {
  return recordsOf(certificate, story.streams.sealed)
}

export function recordsOf(certificate: Certificate, stream: string): CarriedRecords {
  return found(certificate.records.find((entry) => entry.stream === stream))
}

export function notesOf(certificate: Certificate, stream: string): CarriedNotes {
  return found(certificate.notes.find((entry) => entry.stream === stream))
}

export function disclosuresOf(certificate: Certificate, stream: string): Disclosure[] {
  return certificate.disclosed.filter((entry) => entry.stream === stream)
}

export function entryOf(certificate: Certificate, key: StateKey): CarriedEntry {
  const bytes = encodeStateKey(key)
  return found(certificate.state.find((entry) => equalBytes(entry.key, bytes)))
}

export function rowOf(certificate: Certificate, key: StateKey): Cbor[] {
  return decode(entryOf(certificate, key).value) as Cbor[]
}

/** Another entry of the state in place of one that is carried; certified by nobody yet. */
export function changeRow(certificate: Certificate, key: StateKey, change: (row: Cbor[]) => void): void {
  const entry = entryOf(certificate, key)
  const row = decode(entry.value) as Cbor[]
  change(row)
  entry.value = encode(row)
}

export function keyOfStream(stream: string): StateKey {
  const { device, name } = splitStreamName(stream) as { device: string; name: string }
  return streamKey(device, name)
}

/** Places of a stream's entry. */
export const STREAM_ROW = { asset: 0, count: 1, head: 2, recordRoot: 3, lastHeight: 4, discontinuities: 7, notesCount: 8, notesRoot: 9 } as const

/** An item that is there; a forgery that finds nothing to forge is a bug. */
export function found<T>(item: T | undefined): T {
  assert.ok(item !== undefined, 'there is nothing here to forge')
  return item
}

/** A transaction with another content, signed by `who`. */
export async function resign(bytes: Uint8Array, who: TestIdentity, changed: Partial<Statement>): Promise<Uint8Array> {
  const { network, iss, sub, call, sequence, args } = decodeTransaction(bytes)
  return signTransaction({ network, iss, sub, call, sequence, args, ...changed }, who.signer)
}

/** Arguments of a record or resume that follows another transaction. */
export function following(bytes: Uint8Array, previous: Uint8Array): Cbor[] {
  const { args, call } = decodeTransaction(bytes)
  return call === CALL_RECORD || call === CALL_RESUME ? args.with(0, previous) : args
}

/** What a quorum may do otherwise than the honest one. */
interface Certifying {
  checkpoint?: Partial<Checkpoint>
  /** Authorities at the head; those of the file if left out. */
  set?: AuthoritySet
  signers?: TestIdentity[]
}

/** Everything that hangs on the carried records and notes computed anew, certified by a quorum: what remains are the signatures of others. */
export async function recertify(forging: Forging, { checkpoint = {}, set = headSet(forging), signers = forging.network.known }: Certifying = {}): Promise<void> {
  const { certificate, world } = forging
  for (const carried of certificate.records) recountRecords(certificate, carried, world)
  for (const { stream, leaves } of certificate.notes) {
    const root = forgeRoot(leaves.map(({ height, timeMs, first, last, id }) => noteLeaf(height, timeMs, first, last, id)), world.primitives)
    changeRowIfCarried(certificate, keyOfStream(stream), (row) => void (row[STREAM_ROW.notesRoot] = root))
  }
  const { root, proofs } = forgeState(certificate.network, certificate.state, world.primitives)
  certificate.state = proofs
  const head = { ...certificate.head.checkpoint, stateRoot: root, setHash: setHash(set, world.primitives), ...checkpoint }
  certificate.head = await makeLink(head, set, trustedSet(forging), signers, world.primitives)
}

function recountRecords(certificate: Certificate, { stream, from, transactions, rangeProof }: CarriedRecords, { primitives }: World): void {
  changeRowIfCarried(certificate, keyOfStream(stream), (row) => {
    const leaves = transactions.map(({ height, timeMs, bytes }) => leafHash(encode(recordLeaf(height, timeMs, transactionId(decodeTransaction(bytes), primitives))), primitives.sha256))
    const root = rootFromRange(leaves, from, row[STREAM_ROW.count] as number, rangeProof, primitives.sha256)
    if (root) row[STREAM_ROW.recordRoot] = root
  })
}

function changeRowIfCarried(certificate: Certificate, key: StateKey, change: (row: Cbor[]) => void): void {
  const name = bytesToHex(encodeStateKey(key))
  if (certificate.state.some((entry) => bytesToHex(entry.key) === name)) changeRow(certificate, key, change)
}

/** The set that the head is followed from. */
export function trustedSet({ certificate, network }: Pick<Forging, 'certificate' | 'network'>): AuthoritySet {
  const { anchor, links } = certificate
  return links.at(-1)?.set ?? (anchor.kind === 'checkpoint' ? anchor.set : network.ledger.authorities(0))
}

export function headSet({ certificate, network }: Pick<Forging, 'certificate' | 'network'>): AuthoritySet {
  return certificate.head.set ?? trustedSet({ certificate, network })
}
