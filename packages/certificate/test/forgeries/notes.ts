import { compareBytes, decodeTransaction, signTransaction, transactionId } from '@telltale/core'
import type { Cbor, Statement } from '@telltale/core'
import { identityKey } from '@telltale/ledger'
import { flipBit, testBytes, testSigner } from '@telltale/testing'
import type { TestIdentity } from '@telltale/testing'
import type { CarriedNotes } from '../../src/certificate.ts'
import { changeRow, device, found, notesOf, openRecords, outsider, quorum, resign } from './forging.ts'
import type { Forgery, Forging } from './forging.ts'

const PARTIAL = { base: 'partial' as const }

function sealedNotes({ certificate, story }: Forging): CarriedNotes {
  return notesOf(certificate, story.streams.sealed)
}

function leftOut(): Forgery[] {
  const missing = (name: string, change: (f: Forging) => unknown, more: Partial<Forgery> = {}): Forgery => outsider(['noted', 'missing-notes'], name, change, more)
  return [
    missing('a note left out', (f) => [sealedNotes(f).leaves.shift(), sealedNotes(f).transactions.shift()]),
    missing('what a note says left out', (f) => sealedNotes(f).transactions.shift()),
    missing('that there is a note left out', (f) => sealedNotes(f).leaves.shift()),
    missing('all notes left out', (f) => Object.assign(sealedNotes(f), { leaves: [], transactions: [] })),
    missing('a note of the period left out', (f) => sealedNotes(f).transactions.shift(), PARTIAL),
    missing('a note about another period told too', (f) => sealedNotes(f).transactions.push(found(notesOf(f.world.read('whole'), f.story.streams.sealed).transactions[2])), { ...PARTIAL, base: 'partial' }),
    missing('notes in another order', (f) => sealedNotes(f).transactions.reverse()),
    missing('a note told twice', (f) => sealedNotes(f).transactions.splice(1, 0, found(sealedNotes(f).transactions[0]))),
    missing('a note filed under another period, to be left out', (f) => Object.assign(found(sealedNotes(f).leaves[0]), { first: 0, last: 0 }), PARTIAL),
    missing('a note in another block', (f) => void (found(sealedNotes(f).leaves[0]).height += 1)),
    missing('a note at another time', (f) => void (found(sealedNotes(f).leaves[0]).timeMs += 1)),
    missing('a note of the other stream', (f) => void (sealedNotes(f).transactions[0] = found(notesOf(f.certificate, f.story.streams.open).transactions[0]))),
    missing('the notes of a stream that is not shown left out', ({ certificate, story }) => certificate.notes.splice(certificate.notes.indexOf(notesOf(certificate, story.streams.diagnostics)), 1)),
    missing('the notes of a stream under the name of another', (f) => void (notesOf(f.certificate, f.story.streams.driving).stream = `${f.story.open.address}/speeding`)),
    missing('notes of a stream that there is not', ({ certificate, story }) => certificate.notes.push({ stream: `${story.open.address}/speeding`, leaves: [], transactions: [] })),
    missing('streams of notes out of order', ({ certificate }) => certificate.notes.reverse()),
    missing('the notes of a stream twice', ({ certificate }) => void (certificate.notes[1] = found(certificate.notes[0]))),
  ]
}

/** The first correction, said otherwise, and counted by the ledger where it stood. */
async function renote(f: Forging, who: TestIdentity, changed: Partial<Statement>): Promise<void> {
  const { leaves, transactions } = sealedNotes(f)
  const bytes = await resign(found(transactions[0]), who, changed)
  transactions[0] = bytes
  found(leaves[0]).id = transactionId(decodeTransaction(bytes), f.world.primitives)
}

function corrections(): Forgery[] {
  const said = (lamp: Forgery['lamp'], code: string, name: string, changed: (f: Forging) => Partial<Statement>, who: (f: Forging) => TestIdentity = (f) => f.story.workshop): Forgery => device([lamp, code], name, (f) => renote(f, who(f), changed(f)))
  const author = (code: string, name: string, change: (row: Cbor[]) => unknown): Forgery => quorum(['noted', code], name, (f) => changeRow(f.certificate, identityKey(f.story.workshop.address), change))
  const interval = (row: Cbor[], list: 0 | 1): Cbor[] => (row[list] as Cbor[][])[0] as Cbor[]
  return [
    outsider(['noted', 'invalid-signature'], 'a note that its author did not sign', (f) => void (sealedNotes(f).transactions[0] = flipBit(found(sealedNotes(f).transactions[0])))),
    outsider(['noted', 'missing-notes'], 'a note with another text', async (f) => void (sealedNotes(f).transactions[0] = await resign(found(sealedNotes(f).transactions[0]), f.story.workshop, { args: [1, 2, 'nothing', 'nothing'] }))),
    said('noted', 'invalid-signature', 'a note that somebody else signed', () => ({}), (f) => ({ address: f.story.workshop.address, signer: testSigner(80, 'ES256') })),
    said('noted', 'key-not-in-force', 'a note with a key that its author never had', () => ({}), (f) => ({ address: f.story.workshop.address, signer: testSigner(12, 'ES256', 3) })),
    said('noted', 'other-stream', 'a note about another stream', (f) => ({ sub: f.story.streams.open })),
    said('noted', 'other-network', 'a note in another network', () => ({ network: testBytes('network').subarray(0, 16) })),
    said('noted', 'not-a-note', 'a verdict, which this version does not know', () => ({ call: 25 })),
    said('noted', 'wrong-shape', 'a correction without a text', () => ({ args: [1, 2, 'nothing'] })),
    said('noted', 'wrong-shape', 'a correction whose text is a list', () => ({ args: [1, 2, 'nothing', ['nothing']] })),
    said('noted', 'wrong-shape', 'a correction that ends before it begins', () => ({ args: [2, 1, 'nothing', 'nothing'] })),
    said('noted', 'wrong-span', 'a note about other records than it is filed under', () => ({ args: [0, 0, 'nothing', 'nothing'] })),
    said('noted', 'wrong-span', 'a note about more records than it is filed under', () => ({ args: [1, 6, 'nothing', 'nothing'] })),
    said('noted', 'wrong-span', 'a note that begins before the record it is filed under', () => ({ args: [0, 2, 'nothing', 'nothing'] })),
    quorum(['noted', 'wrong-span'], 'a note about some records, filed under the whole stream', (f) => Object.assign(found(sealedNotes(f).leaves[0]), { first: null, last: null })),
    author('role-not-in-force', 'a workshop that was suspended before', (row) => interval(row, 1).splice(1, 2, 1, 2)),
    author('role-not-in-force', 'a workshop whose role had expired', (row) => void ((interval(row, 1)[0] as Cbor[])[2] = 1_750_000_000_001)),
    author('role-not-in-force', 'an operator of another kind', (row) => void ((interval(row, 1)[0] as Cbor[])[1] = 'assembly')),
    author('key-not-in-force', 'a workshop whose key came into force later', (row) => interval(row, 0).splice(1, 2, 1000, null)),
  ]
}

type Pair = [Uint8Array, Uint8Array]

function idOf(f: Forging, bytes: Uint8Array): Uint8Array {
  return transactionId(decodeTransaction(bytes), f.world.primitives)
}

/** A fork of the open stream that shows these two transactions; whoever accuses signs again. */
async function refork(f: Forging, change: (pair: Pair) => Promise<Pair> | Pair, order: 'ascending' | 'as given' = 'ascending'): Promise<void> {
  const { leaves, transactions } = notesOf(f.certificate, f.story.streams.open)
  const { network, iss, sub, call, sequence, args } = decodeTransaction(found(transactions[0]))
  const forked = await change(args as Pair)
  if (order === 'ascending' && compareBytes(idOf(f, forked[0]), idOf(f, forked[1])) > 0) forked.reverse()
  const bytes = await signTransaction({ network, iss, sub, call, sequence, args: forked }, f.story.organisation.signer)
  const place = decodeTransaction(found(forked[0])).sequence
  transactions[0] = bytes
  Object.assign(found(leaves[0]), { id: transactionId(decodeTransaction(bytes), f.world.primitives), first: place, last: place })
}

/** The accusation said otherwise, and counted by the ledger where it stood. */
async function resay(f: Forging, change: (fork: Uint8Array) => Promise<Uint8Array>): Promise<void> {
  const { leaves, transactions } = notesOf(f.certificate, f.story.streams.open)
  const bytes = await change(found(transactions[0]))
  transactions[0] = bytes
  found(leaves[0]).id = transactionId(decodeTransaction(bytes), f.world.primitives)
}

function forks(): Forgery[] {
  const accused = (code: string, name: string, change: (pair: Pair, f: Forging) => Promise<Pair> | Pair): Forgery => device(['noted', code], name, (f) => refork(f, (pair) => change(pair, f)))
  const accuser = (name: string, change: (roles: Cbor[][]) => unknown): Forgery => quorum(['noted', 'role-not-in-force'], name, (f) => changeRow(f.certificate, identityKey(f.story.organisation.address), (row) => change(row[1] as Cbor[][])))
  return [
    accused('not-a-fork', 'a device accused of one record shown twice', ([one]) => [one, one]),
    accused('not-a-fork', 'a device accused of one record signed twice', async ([one], f) => [one, flipBit(await resign(one, f.story.open, {}))]),
    accused('not-a-fork', 'a device accused of two records that follow each other', ([one], f) => [one, found(openRecords(f).transactions[2]).bytes]),
    device(['noted', 'not-a-fork'], 'a device accused the wrong way round', (f) => refork(f, ([one, other]) => [other, one], 'as given')),
    accused('not-a-fork', 'a device accused of what it said in another stream', async ([one, other], f) => [one, await resign(other, f.story.open, { sub: 'driving' })]),
    accused('wrong-network', 'a device accused of what it said in another network', async ([one, other], f) => [one, await resign(other, f.story.open, { network: testBytes('network').subarray(0, 16) })]),
    accused('not-a-fork', 'a device accused of what another said', async ([one, other], f) => [one, await resign(other, f.story.sealing, { iss: f.story.sealing.address })]),
    accused('invalid-signature', 'a device accused of what it did not sign', async ([one, other]) => [one, flipBit(other)]),
    accused('unknown-key', 'a device accused of a signature with a key that it never had', async ([one, other]) => [one, await resign(other, { address: '', signer: testSigner(14, 'EdDSA', 9) }, {})]),
    accused('unknown-key', 'a device accused of a signature of another algorithm than its key has', async ([one, other]) => [one, await resign(other, { address: '', signer: testSigner(14, 'ES256') }, {})]),
    accused('not-a-fork', 'a device accused of a grant', async ([one, other], f) => [one, await resign(other, f.story.open, { call: 18 })]),
    accuser('an accuser who had been suspended before', (roles) => found(roles[0]).splice(1, 2, 1, 2)),
    accuser('an accuser whose role had expired', (roles) => void ((found(roles[0])[0] as Cbor[])[2] = 1_750_000_000_001)),
    device(['noted', 'not-a-note'], 'a call that there is not, with what a fork says', (f) => resay(f, (fork) => resign(fork, f.story.organisation, { call: 63 }))),
    device(['noted', 'wrong-shape'], 'a fork of three', (f) => resay(f, (fork) => resign(fork, f.story.organisation, { args: [...decodeTransaction(fork).args, new Uint8Array(0)] }))),
  ]
}

/** What others said about the car is left out, changed, or was never said. */
export const NOTES: Forgery[] = [...leftOut(), ...corrections(), ...forks()]
