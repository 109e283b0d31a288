import { decode, encode } from '@telltale/core'
import type { Cbor, CborMap } from '@telltale/core'
import { testBytes } from '@telltale/testing'
import { file, outsider } from './forging.ts'
import type { Forgery, Forging } from './forging.ts'

/** Files that are no certificates, though they look like one. */
export const FORM: Forgery[] = [...files(), ...parts(), ...splices()]

/** The nested arrays of the file, for what its own types cannot say. */
function rewritten(code: string, name: string, change: (items: Cbor[]) => unknown, more: Partial<Forgery> = {}): Forgery {
  return file([null, code], name, (f) => {
    const items = itemsOf(f)
    change(items)
    return encode(items)
  }, more)
}

function itemsOf({ world }: Forging): Cbor[] {
  return decode(world.honest.whole.bytes) as Cbor[]
}

function list(item: Cbor | undefined): Cbor[] {
  return item as Cbor[]
}

function files(): Forgery[] {
  const bytes = (code: string, name: string, change: (bytes: Uint8Array) => Uint8Array): Forgery => file([null, code], name, ({ world }) => change(world.honest.whole.bytes))
  return [
    bytes('not-a-certificate', 'nothing', () => new Uint8Array(0)),
    bytes('not-a-certificate', 'a picture', () => new Uint8Array([0xff, 0xd8, 0xff, 0xe0])),
    bytes('malformed-cbor', 'a file cut short', (whole) => whole.subarray(0, whole.length - 1)),
    bytes('not-a-certificate', 'a file of its first two bytes', (whole) => whole.subarray(0, 2)),
    bytes('malformed-cbor', 'a byte behind the file', (whole) => new Uint8Array([...whole, 0])),
    bytes('malformed-cbor', 'two files, one behind the other', (whole) => new Uint8Array([...whole, ...whole])),
    bytes('not-canonical', 'the version in a longer form', (whole) => new Uint8Array([...whole.subarray(0, 10), 0x18, 1, ...whole.subarray(11)])),
    rewritten('not-a-certificate', 'another magic', (items) => void (items[0] = 'telltail')),
    rewritten('unknown-version', 'version 2', (items) => void (items[1] = 2)),
    rewritten('wrong-shape', 'a part more', (items) => items.push(0)),
    rewritten('unknown-version', 'version 2 with a part more', (items) => [void (items[1] = 2), items.push(0)]),
    rewritten('wrong-shape', 'a part less', (items) => items.pop()),
  ]
}

function parts(): Forgery[] {
  const shaped = (name: string, change: (items: Cbor[]) => unknown): Forgery => rewritten('wrong-shape', name, change)
  return [
    shaped('a network of 31 bytes', (items) => void (items[2] = new Uint8Array(31))),
    shaped('a third kind of anchor', (items) => void (items[3] = [2, new Uint8Array(1)])),
    shaped('a genesis and something beside it', (items) => list(items[3]).push(0)),
    rewritten('unknown-version', 'a checkpoint of another version', (items) => void (list(list(items[5])[0])[0] = 2)),
    shaped('1,025 links', (items) => void (items[4] = Array.from({ length: 1025 }, () => list(items[4])[0] as Cbor))),
    shaped('a checkpoint with something more', (items) => list(list(items[5])[0]).push(0)),
    shaped('a head with something more', (items) => list(items[5]).push(0)),
    shaped('a set of nobody', (items) => void (list(list(items[4])[0])[1] = [])),
    shaped('a set of 129', (items) => void (list(list(items[4])[0])[1] = Array.from({ length: 129 }, () => 0))),
    shaped('a cosignature at position 128', (items) => void (list(list(list(items[5])[2])[3])[0] = 128)),
    shaped('an entry with something more', (items) => list(list(items[6])[0]).push(0)),
    shaped('an entry without a value', (items) => void (list(list(items[6])[0])[1] = null)),
    shaped('a sibling of 31 bytes', (items) => void (list(list(list(items[6])[0])[2])[0] = new Uint8Array(31))),
    shaped('records with something more', (items) => list(list(items[7])[0]).push(0)),
    shaped('records from -1', (items) => void (list(list(items[7])[0])[1] = -1)),
    shaped('a record with something more', (items) => list(list(list(list(items[7])[0])[2])[0]).push(0)),
    shaped('notes with something more', (items) => list(list(items[8])[0]).push(0)),
    shaped('a stream name of 129 bytes', (items) => void (list(list(items[8])[0])[0] = 'x'.repeat(129))),
    shaped('a range of keys with something more', (items) => list(list(items[9])[0]).push(0)),
    shaped('a key of 31 bytes', (items) => void (list(list(list(items[9])[0])[4])[0] = new Uint8Array(31))),
    shaped('an identity with something more', (items) => list(items[10]).push(0)),
    shaped('an identity without attributes', (items) => void (list(items[10])[0] = new Map())),
    shaped('an identity of 33 attributes', (items) => void (list(items[10])[0] = new Map(Array.from({ length: 33 }, (_, i) => [`a${i}`, 'x'])))),
    shaped('an attribute without a name', (items) => void (list(items[10])[0] as CborMap).set(1, 'x')),
    shaped('an attribute with others in it', (items) => void (list(items[10])[0] as CborMap).set('more', ['x'])),
    shaped('a salt of 31 bytes', (items) => void (list(items[10])[1] = new Uint8Array(31))),
    shaped('a body that is text', (items) => void (list(items[11])[0] = 'body')),
  ]
}

/** Two honest files made into one. */
function splices(): Forgery[] {
  const spliced = (lamp: Forgery['lamp'], code: string, name: string, from: keyof Forging['world']['honest'], part: 'head' | 'state' | 'records' | 'notes' | 'disclosed' | 'attachments' | 'links'): Forgery =>
    outsider([lamp, code], name, (f) => Object.assign(f.certificate, { [part]: f.world.read(from)[part] }))
  return [
    spliced('certified', 'invalid-state-proof', 'the entries of another car', 'lone', 'state'),
    spliced('certified', 'set-mismatch', 'no links, as in a file from a pin', 'anchored', 'links'),
    spliced('complete', 'other-stream', 'the records of another car', 'lone', 'records'),
    spliced('noted', 'missing-notes', 'the notes of another car', 'lone', 'notes'),
    spliced('noted', 'missing-notes', 'the notes of a shorter period', 'partial', 'notes'),
    spliced('noted', 'missing-notes', 'the records of a shorter period', 'partial', 'records'),
    spliced('genuine', 'attachment-mismatch', 'the bodies of a shorter period', 'partial', 'attachments'),
    outsider(['certified', 'invalid-state-proof'], 'the entries of another network of the same name', (f) => void (f.certificate.state = f.world.readOther().state)),
    outsider(['complete', 'records-missing'], 'the records of another network of the same name, all streams', (f) => void (f.certificate.records = f.world.readOther().records)),
    outsider([null, 'wrong-shape'], 'something in place of the network', ({ certificate }) => void (certificate.network = testBytes('network').subarray(1))),
  ]
}
