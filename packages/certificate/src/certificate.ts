import { LINKS_MAX, asArray, asBytes, asExactly, asNullable, asText, asUint, asVersioned, bytesToMapKey, checkPublicKey, checkpointFromCbor, checkpointToCbor, decode, encode, equalBytes, fail, linkFromCbor, linkToCbor, registeredKeyFromCose, setFromCbor, setToCbor, wrongShape, CERTIFICATE_BYTES_MAX } from '@telltale/core'
import type { AuthoritySet, Cbor, CborMap, Checkpoint, KeyReader, Link, PublicKey } from '@telltale/core'
import { attributesFromCbor } from '@telltale/ledger'
import { versionOf } from './version.ts'
import { LINK_KEYS_MAX } from './limits.ts'

/** What a file trusts by itself; whoever reads it decides whether to share that trust. */
export type Anchor = { kind: 'genesis'; genesis: Uint8Array } | { kind: 'checkpoint'; checkpoint: Checkpoint; set: AuthoritySet }

/** An entry of the state, and the siblings that lead from it to the state root. */
export interface CarriedEntry {
  key: Uint8Array
  value: Uint8Array
  siblings: Uint8Array[]
}

export interface CarriedTransaction {
  height: number
  timeMs: number
  bytes: Uint8Array
}

/** Records [from, from + transactions.length) of a stream, and the proof that these and no others stand there. */
export interface CarriedRecords {
  stream: string
  from: number
  transactions: CarriedTransaction[]
  rangeProof: Uint8Array[]
}

export interface NoteLeaf {
  height: number
  timeMs: number
  first: number | null
  last: number | null
  id: Uint8Array
}

/** All leaves of a stream's notes tree, and the transactions of those that meet the period. */
export interface CarriedNotes {
  stream: string
  leaves: NoteLeaf[]
  transactions: Uint8Array[]
}

/** Keys of the records `from` to `to`, both included, of one epoch; for open records epoch null and no keys. */
export interface Disclosure {
  stream: string
  epoch: number | null
  from: number
  to: number
  nodes: Uint8Array[]
}

export interface DisclosedIdentity {
  attributes: CborMap
  salt: Uint8Array
}

/** A certificate, its form read, nothing checked. */
export interface Certificate {
  network: Uint8Array
  anchor: Anchor
  links: Link[]
  head: Link
  state: CarriedEntry[]
  records: CarriedRecords[]
  notes: CarriedNotes[]
  disclosed: Disclosure[]
  identity: DisclosedIdentity | null
  attachments: Uint8Array[]
}

const MAGIC = 'telltale'

const ENCODED_MAGIC = encode(MAGIC)
/** Heads of arrays of up to 23 items; another version may have more than this one. */
const ARRAY_HEADS = { first: 0x80, last: 0x97 }

/** An array that begins with the magic: tells a certificate, of whatever version, from any other file before its content is looked at. */
function isCertificate(bytes: Uint8Array): boolean {
  const [head = 0] = bytes
  return head >= ARRAY_HEADS.first && head <= ARRAY_HEADS.last && equalBytes(bytes.subarray(1, 1 + ENCODED_MAGIC.length), ENCODED_MAGIC)
}

export function encodeCertificate(certificate: Certificate): Uint8Array {
  const { network, anchor, links, head, state, records, notes, disclosed, identity, attachments } = certificate
  return encode([
    MAGIC,
    versionOf(certificate),
    network,
    anchor.kind === 'genesis' ? [0, anchor.genesis] : [1, checkpointToCbor(anchor.checkpoint), setToCbor(anchor.set)],
    links.map(linkToCbor),
    linkToCbor(head),
    state.map(({ key, value, siblings }): Cbor => [key, value, siblings]),
    records.map(({ stream, from, transactions, rangeProof }): Cbor => [stream, from, transactions.map(({ height, timeMs, bytes }): Cbor => [height, timeMs, bytes]), rangeProof]),
    notes.map(({ stream, leaves, transactions }): Cbor => [stream, leaves.map(({ height, timeMs, first, last, id }): Cbor => [height, timeMs, first, last, id]), transactions]),
    disclosed.map(({ stream, epoch, from, to, nodes }): Cbor => [stream, epoch, from, to, nodes]),
    identity && [identity.attributes, identity.salt],
    attachments,
  ])
}

/** Reads a certificate's form. Codes: `not-a-certificate`, `unknown-version`, `certificate-too-large` and those of the readers. */
export function decodeCertificate(bytes: Uint8Array): Certificate {
  if (bytes.length > CERTIFICATE_BYTES_MAX) throw fail('certificate-too-large', `The file has ${bytes.length} bytes.`, { expected: `at most ${CERTIFICATE_BYTES_MAX} bytes`, found: String(bytes.length) })
  if (!isCertificate(bytes)) throw fail('not-a-certificate', 'The file is not a Telltale certificate.', { expected: 'a file written by `telltale certificate`', found: 'another file' })
  const content = asArray(decode(bytes), 'certificate')
  const version = content[1] === 2 && content.length === 12 ? 2 : 1
  const items = asVersioned(content.with(1, content[1] === version ? 1 : (content[1] ?? null)), 'certificate', 12, 1)
  const [, , network, anchor, links, head, state, records, notes, disclosed, identity, attachments] = items
  const readKey = createKeyReader()
  const certificate: Certificate = {
    network: asBytes(network, 'network', 32),
    anchor: readAnchor(anchor, readKey),
    links: readLinks(links, readKey),
    head: linkFromCbor(head, readKey),
    state: asArray(state, 'state').map(readEntry),
    records: asArray(records, 'records').map(readRecords),
    notes: asArray(notes, 'notes').map(readNotes),
    disclosed: asArray(disclosed, 'disclosed').map(readDisclosure),
    identity: asNullable(identity, readIdentity),
    attachments: asArray(attachments, 'attachments').map((item) => asBytes(item, 'attachment')),
  }
  const needed = versionOf(certificate)
  if (version !== needed) throw fail('unknown-version', `The certificate says that it is of version ${version}, and what it carries belongs into version ${needed}.`, { expected: `version ${needed}`, found: `version ${version}` })
  return certificate
}

function readLinks(value: Cbor | undefined, readKey: KeyReader): Link[] {
  const links = asArray(value, 'links')
  if (links.length > LINKS_MAX) throw wrongShape('links', `at most ${LINKS_MAX}`, links)
  return links.map((link) => linkFromCbor(link, readKey))
}

/** Members stay from set to set: each key is checked once, and there are not more than a network can have had. */
function createKeyReader(): KeyReader {
  const known = new Map<string, PublicKey>()
  return (value) => {
    const key = registeredKeyFromCose(value)
    const name = `${key.algorithm} ${bytesToMapKey(key.material)}`
    const checked = known.get(name)
    if (checked) return checked
    if (known.size === LINK_KEYS_MAX) throw wrongShape('keys of authorities', `at most ${LINK_KEYS_MAX} different ones`, value)
    checkPublicKey(key)
    known.set(name, key)
    return key
  }
}

function readAnchor(value: Cbor | undefined, readKey: KeyReader): Anchor {
  const items = asArray(value, 'anchor')
  if (items[0] === 0) return { kind: 'genesis', genesis: asBytes(asArray(value, 'anchor', 2)[1], 'genesis') }
  const [kind, checkpoint, set] = asArray(value, 'anchor', 3)
  asExactly(kind, 1, 'anchor')
  return { kind: 'checkpoint', checkpoint: checkpointFromCbor(checkpoint), set: setFromCbor(set, readKey) }
}

function readHashes(value: Cbor | undefined, what: string): Uint8Array[] {
  return asArray(value, what).map((hash) => asBytes(hash, what, 32))
}

function readEntry(value: Cbor): CarriedEntry {
  const [key, inner, siblings] = asArray(value, 'state proof', 3)
  return { key: asBytes(key, 'state key'), value: asBytes(inner, 'state value'), siblings: readHashes(siblings, 'state siblings') }
}

function readRecords(value: Cbor): CarriedRecords {
  const [stream, from, transactions, rangeProof] = asArray(value, 'records', 4)
  const list = asArray(transactions, 'records').map((item): CarriedTransaction => {
    const [height, timeMs, bytes] = asArray(item, 'record', 3)
    return { height: asUint(height, 'record height'), timeMs: asUint(timeMs, 'record block time'), bytes: asBytes(bytes, 'record transaction') }
  })
  if (list.length === 0) throw wrongShape('records', 'at least one', transactions)
  return { stream: asText(stream, 'records stream', 128), from: asUint(from, 'records from'), transactions: list, rangeProof: readHashes(rangeProof, 'range proof') }
}

function readNotes(value: Cbor): CarriedNotes {
  const [stream, leaves, transactions] = asArray(value, 'notes', 3)
  return {
    stream: asText(stream, 'notes stream', 128),
    leaves: asArray(leaves, 'notes leaves').map((item): NoteLeaf => {
      const [height, timeMs, first, last, id] = asArray(item, 'note leaf', 5)
      return {
        height: asUint(height, 'note height'),
        timeMs: asUint(timeMs, 'note block time'),
        first: asNullable(first, (number) => asUint(number, 'note first')),
        last: asNullable(last, (number) => asUint(number, 'note last')),
        id: asBytes(id, 'note id', 32),
      }
    }),
    transactions: asArray(transactions, 'notes transactions').map((item) => asBytes(item, 'note transaction')),
  }
}

function readDisclosure(value: Cbor): Disclosure {
  const [stream, epoch, from, to, nodes] = asArray(value, 'disclosed', 5)
  return {
    stream: asText(stream, 'disclosed stream', 128),
    epoch: asNullable(epoch, (number) => asUint(number, 'disclosed epoch', 0xffff_ffff)),
    from: asUint(from, 'disclosed from', 0xffff_ffff),
    to: asUint(to, 'disclosed to', 0xffff_ffff),
    nodes: readHashes(nodes, 'disclosed keys'),
  }
}

function readIdentity(value: Cbor): DisclosedIdentity {
  const [attributes, salt] = asArray(value, 'identity', 2)
  return { attributes: attributesFromCbor(attributes), salt: asBytes(salt, 'identity salt', 32) }
}
