import { asArray, asUint, assert, bytesToMapKey, compareBytes, decode, decodeTransaction, fail, recordArgsFromCbor, transactionId } from '@telltale/core'
import type { Link, Primitives } from '@telltale/core'
import { NETWORK_KEY, assetKey, assetRowFromCbor, identityKey, splitStreamName, streamKey, streamRowFromCbor } from '@telltale/ledger'
import type { LedgerReader, LoggedTransaction, StateKey, StateProof, StreamRow } from '@telltale/ledger'
import { decodeCertificate, encodeCertificate } from './certificate.ts'
import type { Anchor, CarriedEntry, CarriedNotes, CarriedRecords, DisclosedIdentity, Disclosure, NoteLeaf } from './certificate.ts'
import { carriedLeaves, epochOf } from './plan.ts'

/** Which records of which streams, first to last, both included; `to` is null for the newest that is certified when the certificate is made. */
export interface CertificateRequest {
  asset: string
  streams: { stream: string; from: number; to: number | null }[]
  /** What is opened: everything that is carried, nothing, or a range of record numbers. */
  disclose: 'all' | 'none' | { from: number; to: number }
  identity: DisclosedIdentity | null
}

/** Where a certificate's parts come from. */
export interface CertificateMaterials {
  network: Uint8Array
  anchor: Anchor
  reader: LedgerReader
  /**
   * Runs `read` at a moment when the ledger stands exactly at the certified head that it is given, with the links from the anchor up to it; `read` does not wait for
   * anything.
   */
  atHead<T>(read: (head: Link, links: Link[]) => T): Promise<T>
  attachment(sha256: Uint8Array): Promise<Uint8Array | null>
  /** Keys of a range of records of one epoch, or null where they are not at hand. */
  keys(stream: string, epoch: number, from: number, to: number): Promise<Uint8Array[] | null>
  primitives: Primitives
}

interface Snapshot {
  head: Link
  links: Link[]
  state: Map<string, CarriedEntry>
  streams: Map<string, { row: StreamRow; from: number; count: number }>
}

/** The state of one moment. Records and notes that stood then no longer change, and are read and proved afterwards. */
function takeSnapshot(request: CertificateRequest, reader: LedgerReader, { head, links }: Pick<Snapshot, 'head' | 'links'>, authors: Set<string>): Snapshot {
  const state = new Map<string, CarriedEntry>()
  const prove = (key: StateKey): StateProof => {
    const proof = reader.state(key)
    if (proof.value !== null) state.set(bytesToMapKey(proof.key), { ...proof, value: proof.value })
    return proof
  }
  prove(NETWORK_KEY)
  const asset = prove(assetKey(request.asset))
  if (!asset.value) throw fail('unknown-asset', `${request.asset} is not an asset of this network.`, { expected: 'an asset', found: request.asset })
  const streams: Snapshot['streams'] = new Map()
  for (const { value: stream } of assetRowFromCbor(decode(asset.value)).streams) {
    const { device, name } = splitStreamName(stream) as { device: string; name: string }
    const row = streamRowFromCbor(decode(prove(streamKey(device, name)).value as Uint8Array))
    const wanted = request.streams.find((item) => item.stream === stream)
    streams.set(stream, { row, ...(wanted ? rangeIn(wanted, row, name) : { from: 0, count: 0 }) })
    if (wanted) prove(identityKey(device))
  }
  const missing = request.streams.find((item) => !streams.has(item.stream))
  if (missing) throw fail('unknown-stream', `${missing.stream} is not a stream of this asset.`, { expected: [...streams.keys()].join(', '), found: missing.stream })
  for (const author of authors) prove(identityKey(author))
  return { head, links, state, streams }
}

function rangeIn({ from, to }: CertificateRequest['streams'][number], row: StreamRow, name: string): { from: number; count: number } {
  const last = to ?? row.count - 1
  if (from <= last && last < row.count) return { from, count: last + 1 - from }
  throw fail('no-such-record', `${name} holds ${row.count} records; ${from} to ${last} are not among them.`, { expected: `0 to ${row.count - 1}`, found: `${from} to ${last}` })
}

/** Makes a certificate. Codes: `unknown-asset`, `unknown-stream`, `no-such-record`, `no-keys`, `body-dropped`. */
export async function makeCertificate(request: CertificateRequest, materials: CertificateMaterials): Promise<Uint8Array> {
  let authors = new Set<string>()
  for (;;) {
    const known = authors
    const snapshot = await materials.atHead((head, links) => takeSnapshot(request, materials.reader, { head, links }, known))
    const carried = await readCarried(snapshot, materials)
    authors = authorsOf(carried.notes)
    // Who wrote the notes is known only after reading them; a new note since the snapshot means another round.
    if (authors.size === known.size && [...authors].every((author) => known.has(author))) return assemble(request, snapshot, carried, materials)
  }
}

/** Discloses more of a certificate that discloses nothing yet, such as one that a node made: what is proved stays as it is (`no-keys`, `body-dropped`, and the codes of `decodeCertificate`). */
export async function disclose(bytes: Uint8Array, request: Pick<CertificateRequest, 'disclose' | 'identity'>, materials: Pick<CertificateMaterials, 'attachment' | 'keys'>): Promise<Uint8Array> {
  const certificate = decodeCertificate(bytes)
  const disclosed = await discloseAll(request, certificate.records, materials)
  return encodeCertificate({ ...certificate, disclosed, identity: request.identity, attachments: await collectBodies(certificate.records, disclosed, materials) })
}

async function readCarried(snapshot: Snapshot, { reader, primitives }: CertificateMaterials): Promise<{ records: CarriedRecords[]; notes: CarriedNotes[] }> {
  const records: CarriedRecords[] = []
  const notes: CarriedNotes[] = []
  for (const stream of [...snapshot.streams.keys()].sort()) {
    const { row, from, count } = snapshot.streams.get(stream)!
    const carried = count > 0 && { stream, from, transactions: await reader.entries('records', stream, from, from + count), rangeProof: await reader.range(stream, from, from + count, row.count) }
    if (carried) records.push(carried)
    const all = await reader.entries('notes', stream, 0, row.notesCount)
    const entry = { stream, leaves: all.map((note) => leafOf(note, primitives)) }
    const kept = new Set(carriedLeaves(entry, carried || undefined).map((leaf) => bytesToMapKey(leaf.id)))
    const transactions = all.filter((_, i) => kept.has(bytesToMapKey(entry.leaves[i]!.id))).map((note) => note.bytes)
    notes.push({ ...entry, transactions })
  }
  return { records, notes }
}

async function assemble(request: CertificateRequest, snapshot: Snapshot, { records, notes }: { records: CarriedRecords[]; notes: CarriedNotes[] }, materials: CertificateMaterials): Promise<Uint8Array> {
  const disclosed = await discloseAll(request, records, materials)
  return encodeCertificate({
    network: materials.network,
    anchor: materials.anchor,
    links: snapshot.links,
    head: snapshot.head,
    state: [...snapshot.state.values()].sort((a, b) => compareBytes(a.key, b.key)),
    records,
    notes,
    disclosed,
    identity: request.identity,
    attachments: await collectBodies(records, disclosed, materials),
  })
}

function leafOf({ bytes, height, timeMs }: LoggedTransaction, primitives: Primitives): NoteLeaf {
  const transaction = decodeTransaction(bytes)
  const id = transactionId(transaction, primitives)
  if (transaction.call === 26) {
    const one = decodeTransaction(transaction.args[0] as Uint8Array)
    return { height, timeMs, first: one.sequence, last: one.sequence, id }
  }
  const [first, last] = transaction.args
  return { height, timeMs, first: first === null ? null : asUint(first, 'note first'), last: last === null ? null : asUint(last, 'note last'), id }
}

/** Authors of notes that are carried, and the device of a fork: their keys have to be provable too. */
function authorsOf(notes: CarriedNotes[]): Set<string> {
  const transactions = notes.flatMap((entry) => entry.transactions.map(decodeTransaction))
  return new Set(transactions.flatMap(({ iss, sub, call }) => (call === 26 ? [iss, sub.slice(0, sub.indexOf('/'))] : [iss])))
}

/** Runs of records of one epoch within what is to be disclosed, with their keys. */
async function discloseAll(request: Pick<CertificateRequest, 'disclose'>, records: CarriedRecords[], materials: Pick<CertificateMaterials, 'keys'>): Promise<Disclosure[]> {
  const { disclose } = request
  if (disclose === 'none') return []
  const disclosed: Disclosure[] = []
  for (const { stream, from, transactions } of records) {
    const runs: Disclosure[] = []
    transactions.forEach(({ bytes }, i) => {
      const number = from + i
      const { call, args } = decodeTransaction(bytes)
      if (call !== 16 || (disclose !== 'all' && (number < disclose.from || number > disclose.to))) return
      const epoch = epochOf(recordArgsFromCbor(args))
      const run = runs.at(-1)
      // A resume between sealed records ends the run: its own key would open nothing.
      if (run && run.epoch === epoch && (epoch === null || run.to === number - 1)) run.to = number
      else runs.push({ stream, epoch, from: number, to: number, nodes: [] })
    })
    for (const run of runs) disclosed.push(...(await discloseRun(run, materials)))
  }
  return disclosed
}

/** A run with its keys; where they come from several grants, in as many pieces. */
async function discloseRun(run: Disclosure, materials: Pick<CertificateMaterials, 'keys'>): Promise<Disclosure[]> {
  const { stream, epoch, from, to } = run
  if (epoch === null) return [run]
  const nodes = await materials.keys(stream, epoch, from, to)
  if (nodes) return [{ ...run, nodes }]
  if (from === to) throw fail('no-keys', `The key of record ${from} of ${stream} is not here, so it cannot be disclosed. Ask the owner for a grant, or disclose other records with --disclose FROM..TO.`, { expected: `a key of epoch ${epoch}`, found: 'none' })
  const middle = Math.floor((from + to) / 2)
  return [...(await discloseRun({ ...run, to: middle }, materials)), ...(await discloseRun({ ...run, from: middle + 1 }, materials))]
}

/** Bodies of disclosed records in order, each once (`body-dropped`, which names all that are gone). */
async function collectBodies(records: CarriedRecords[], disclosed: Disclosure[], { attachment }: Pick<CertificateMaterials, 'attachment'>): Promise<Uint8Array[]> {
  const seen = new Set<string>()
  const bodies: Uint8Array[] = []
  const gone: { stream: string; first: number; last: number }[] = []
  for (const { stream, from, to } of disclosed) {
    const carried = records.find((item) => item.stream === stream)
    assert(carried !== undefined, 'disclosed records are carried')
    for (const [i, { bytes }] of carried.transactions.slice(from - carried.from, to + 1 - carried.from).entries()) {
      const { call, args } = decodeTransaction(bytes)
      if (call !== 16) continue
      const { sha256 } = recordArgsFromCbor(asArray(args, 'record')).body
      if (seen.has(bytesToMapKey(sha256))) continue
      const body = await attachment(sha256)
      if (body) {
        seen.add(bytesToMapKey(sha256))
        bodies.push(body)
        continue
      }
      const run = gone.at(-1)
      if (run?.stream === stream && run.last === from + i - 1) run.last = from + i
      else gone.push({ stream, first: from + i, last: from + i })
    }
  }
  if (gone.length === 0) return bodies
  const places = gone.map(({ stream, first, last }) => `${splitStreamName(stream)?.name ?? stream} ${first === last ? first : `${first} to ${last}`}`).join(', ')
  throw fail('body-dropped', `Bodies are kept no longer: ${places}. They were forgotten, or are older than the network keeps bodies. Leave them out with --disclose.`, { expected: 'stored bodies', found: 'none' })
}
