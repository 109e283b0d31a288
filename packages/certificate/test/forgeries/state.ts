import { decode, encode, hexToBytes } from '@telltale/core'
import type { Cbor, PublicKey } from '@telltale/core'
import { NETWORK_KEY, assetKey, counterKey, encodeStateKey, identityKey, proposalKey } from '@telltale/ledger'
import type { StateKey } from '@telltale/ledger'
import { flipBit, testBytes } from '@telltale/testing'
import type { CarriedEntry } from '../../src/certificate.ts'
import { mixedOrderSigner, smallOrderSigner } from './crafted.ts'
import { STREAM_ROW, changeRow, entryOf, found, keyOfStream, outsider, quorum } from './forging.ts'
import type { Forgery, Forging } from './forging.ts'

/** Entries of the state that are not there, not of this car, or not what they should be. */
export const STATE: Forgery[] = [...proofs(), ...surplus(), ...missing(), ...contents()]

function proofs(): Forgery[] {
  const unproved = (name: string, change: (f: Forging) => unknown): Forgery => outsider(['certified', 'invalid-state-proof'], name, change)
  const device = (f: Forging): CarriedEntry => entryOf(f.certificate, identityKey(f.story.sealing.address))
  const workshop = (f: Forging): CarriedEntry => entryOf(f.certificate, identityKey(f.story.workshop.address))
  return [
    unproved('the entry of one under the key of another', (f) => void (device(f).value = workshop(f).value)),
    unproved('the proof of another entry', (f) => void (device(f).siblings = workshop(f).siblings)),
    unproved('a bit of an entry turned', (f) => void (device(f).value = flipBit(device(f).value, 20))),
    unproved('a sibling changed', (f) => void (device(f).siblings[0] = testBytes('sibling'))),
    unproved('a sibling too many', (f) => device(f).siblings.push(testBytes('sibling'))),
    unproved('a sibling too few', (f) => device(f).siblings.pop()),
    unproved('300 siblings', (f) => void (device(f).siblings = Array.from({ length: 300 }, () => testBytes('sibling')))),
    unproved('fewer records counted', (f) => changeRow(f.certificate, keyOfStream(f.story.streams.open), (row) => void (row[STREAM_ROW.count] = 2))),
    unproved('the entry of another network', (f) => {
      const { reader } = f.world.other.story.network
      const { value, siblings } = reader.state(identityKey(f.story.sealing.address))
      Object.assign(device(f), { value, siblings })
    }),
    outsider(['certified', 'unsorted'], 'entries out of order', ({ certificate }) => certificate.state.reverse()),
    outsider(['certified', 'unsorted'], 'an entry twice', ({ certificate }) => certificate.state.splice(1, 0, found(certificate.state[0]))),
  ]
}

/** Entries that stand in the state and have no business here. */
function surplus(): Forgery[] {
  const added = (lamp: Forgery['lamp'], name: string, key: (f: Forging) => StateKey): Forgery => outsider([lamp, 'surplus'], name, (f) => addEntry(f, key(f)))
  const invented = (code: string, name: string, key: Cbor[], row: (f: Forging) => Cbor): Forgery => quorum(['certified', code], name, (f) => f.certificate.state.push({ key: encode(key), value: encode(row(f)), siblings: [] }))
  const streamRow = (f: Forging): Cbor => decode(entryOf(f.certificate, keyOfStream(f.story.streams.driving)).value)
  return [
    added('certified', 'a counter', (f) => counterKey(f.story.workshop.address, f.story.streams.sealed)),
    added('genuine', 'somebody who says nothing', (f) => identityKey(f.story.leaver.address)),
    quorum(['certified', 'surplus'], 'a proposal', (f) => f.certificate.state.push({ key: encodeStateKey(proposalKey('tp1')), value: encode([]), siblings: [] })),
    quorum(['certified', 'surplus'], 'a second car', (f) => f.certificate.state.push({ ...entryOf(f.certificate, assetKey(f.story.asset.id)), key: encodeStateKey(assetKey('ta1other')) })),
    invented('surplus', 'a kind of entry that there is not', [9, 'x'], () => []),
    invented('surplus', 'an entry under no kind', [], () => []),
    invented('surplus', 'a second entry of the network', [0, 'x'], (f) => decode(entryOf(f.certificate, NETWORK_KEY).value)),
    invented('surplus', 'an identity with two names', [1, 'x', 'y'], (f) => decode(entryOf(f.certificate, identityKey(f.story.workshop.address)).value)),
    invented('wrong-shape', 'an identity whose name is a number', [1, 1], (f) => decode(entryOf(f.certificate, identityKey(f.story.workshop.address)).value)),
    invented('malformed-address', 'a stream of a device that is none', [3, 'x', 'odometer'], streamRow),
    invented('surplus', 'a stream within a stream', [3, 'x', 'y', 'z'], streamRow),
  ]
}

function addEntry({ certificate, network }: Forging, key: StateKey): void {
  const { key: bytes, value, siblings } = network.reader.state(key)
  certificate.state.push({ key: bytes, value: found(value ?? undefined), siblings })
  certificate.state.sort((a, b) => Buffer.compare(a.key, b.key))
}

function missing(): Forgery[] {
  const without = (lamp: Forgery['lamp'], code: string, name: string, key: (f: Forging) => StateKey): Forgery => outsider([lamp, code], name, (f) => f.certificate.state.splice(f.certificate.state.indexOf(entryOf(f.certificate, key(f))), 1))
  return [
    without('certified', 'missing-entry', 'no entry of the network', () => NETWORK_KEY),
    without('certified', 'missing-entry', 'no entry of the car', (f) => assetKey(f.story.asset.id)),
    without('genuine', 'missing-identity', 'no entry of a device', (f) => identityKey(f.story.sealing.address)),
    without('genuine', 'missing-identity', 'no entry of the author of a note', (f) => identityKey(f.story.workshop.address)),
    outsider(['certified', 'missing-entry'], 'no entry at all', ({ certificate }) => void (certificate.state = [])),
    quorum(['certified', 'missing-entry'], 'a network without parameters at that height', (f) => changeRow(f.certificate, NETWORK_KEY, (row) => void (row[0] = []))),
  ]
}

/** Entries that say what no ledger would. */
function contents(): Forgery[] {
  const keyed = (code: string, name: string, key: PublicKey): Forgery => quorum(['genuine', code], name, (f) => changeRow(f.certificate, identityKey(f.story.open.address), (row) => void ((((row[0] as Cbor[][])[0] as Cbor[])[0] as Cbor[])[1] = coseKey(key))))
  const identity = (code: string, name: string, change: (row: Cbor[]) => unknown): Forgery => quorum(['certified', code], name, (f) => changeRow(f.certificate, identityKey(f.story.workshop.address), change))
  return [
    keyed('weak-key', 'a device whose key is of small order', smallOrderSigner().publicKey),
    keyed('weak-key', 'a device whose key hides a part of small order', mixedOrderSigner().publicKey),
    identity('wrong-shape', 'an interval that ends before it begins', (row) => void ((row[0] as Cbor[][])[0] = [...((row[0] as Cbor[][])[0] as Cbor[]).slice(0, 1), 9, 3])),
    identity('wrong-shape', 'a role that there is not', (row) => void (row[1] = [[['king', null, null], 0, null]])),
    identity('too-many-intervals', 'an identity with 1,025 roles', (row) => void (row[1] = Array.from({ length: 1025 }, (_, i) => [['operator', 'service', null], i, i + 1]))),
    identity('too-many-intervals', 'an identity with 1,025 keys', (row) => (row[0] as Cbor[]).push(...Array.from({ length: 1024 }, (_, i) => [[i % 256, ecdsaKey()], i, i + 1]))),
    quorum(['genuine', 'other-asset'], 'a stream of another car', (f) => changeRow(f.certificate, keyOfStream(f.story.streams.open), (row) => void (row[STREAM_ROW.asset] = 'ta1other'))),
  ]
}

function coseKey({ material }: PublicKey): Cbor {
  return new Map<number, Cbor>([[1, 1], [3, -8], [-1, 6], [-2, material]])
}

/** A key of a curve that is quick to check. */
function ecdsaKey(): Cbor {
  return new Map<number, Cbor>([[1, 2], [3, -7], [-1, 1], [-2, GENERATOR.x], [-3, GENERATOR.y]])
}

/** The generator of P-256. */
const GENERATOR = {
  x: hexToBytes('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'),
  y: hexToBytes('4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'),
}
