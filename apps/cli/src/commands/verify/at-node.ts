import { TelltaleError, asArray, asText, bytesToHex, bytesToMapKey, decode, equalBytes, fail, hexToBytes, isConsistent } from '@telltale/core'
import type { Checkpoint, Primitives } from '@telltale/core'
import { carriedRanges, decodeCertificate, verifyCertificate } from '@telltale/certificate'
import type { Certificate, Verification } from '@telltale/certificate'
import type { Client } from '@telltale/client'
import { readAssetEntry, readIdentityEntry } from '@telltale/node'

/** What a node adds to a certificate that holds: all of it is proved by a newer certificate of the same records, which is verified like any other. */
export interface NodeFindings {
  url: string
  /** Up to where the node's authorities have certified. */
  head: { height: number; size: number; timeSeconds: number | null }
  /** Whether the node's history goes on from the block that the file ends at; false where it has not come that far. */
  isNewer: boolean
  /** Streams with more records than the file knows of. */
  records: { stream: string; newer: number }[]
  /** What was noted since about the records of the file, or about their stream as a whole. */
  notes: Verification['notes']
  /** How many notes since are about other records only. */
  otherNotes: number
  /** Devices and authors of the file that may no longer sign: suspended or retired. */
  ended: { address: string; height: number }[]
  /** The owner of the asset, where it changed since. */
  owner: { address: string; height: number } | null
}

/** What a node answers that does not hold the records, the stream or the asset of a file. */
const LACKING = new Set(['no-such-record', 'unknown-stream', 'unknown-asset'])
const KIND_IDENTITY = 1
const KIND_ASSET = 2

/**
 * Asks a node what is newer than a certificate, and whether its history holds it. Codes: `other-history` where authorities signed two histories, `other-network`,
 * `unexpected-answer` for what is not proved, and whatever the node refuses.
 */
export async function askNode(client: Client, bytes: Uint8Array, verification: Verification, primitives: Primitives): Promise<NodeFindings> {
  const file = decodeCertificate(bytes)
  const network = bytesToHex(file.network)
  const { network: served } = await client.call('getNetwork', {})
  if (served !== network) throw fail('other-network', `The node at ${client.url} serves another network than the one of the file, and knows nothing of it.`, { expected: network, found: served.slice(0, 64) })
  const streams = carriedRanges(bytes).map(({ stream, from, to }) => ({ stream, from, to }))
  const newer = await client.call('makeCertificate', { body: { asset: verification.asset ?? '', streams } }).catch(async (error: unknown) => {
    // A node that lacks what the file holds is behind it, or shows another history: whatever it can prove tells.
    if (error instanceof TelltaleError && LACKING.has(error.code)) await requireHistoryElsewhere(client, file, primitives)
    throw error
  })
  const checked = await verifyNewer(newer, file.network, primitives)
  const fresh = decodeCertificate(newer)
  const isNewer = await requireOneHistory(client, file.head.checkpoint, fresh.head.checkpoint, primitives)
  const { height, size, timeSeconds } = checked.head
  const head = { height, size, timeSeconds }
  if (!isNewer) return { url: client.url, head, isNewer, records: [], notes: [], otherNotes: 0, ended: [], owner: null }
  return { url: client.url, head, isNewer, records: newerRecords(bytes, newer), ...newerNotes(file, fresh, checked), ended: newlyEnded(file, fresh), owner: newOwner(file, fresh) }
}

/** Holds the file against a certificate of whatever record the node has; a node without any says nothing (`other-history`). */
async function requireHistoryElsewhere(client: Client, { network, head }: Certificate, primitives: Primitives): Promise<void> {
  const { devices } = await client.call('listDevices', {})
  const stream = devices.flatMap((device) => device.streams).find(({ count }) => count > 0)
  if (!stream) return
  const bytes = await client.call('makeCertificate', { body: { asset: stream.asset, streams: [{ stream: stream.stream, from: 0, to: 0 }] } })
  await verifyNewer(bytes, network, primitives)
  await requireOneHistory(client, head.checkpoint, decodeCertificate(bytes).head.checkpoint, primitives)
}

/** The node's own certificate of the same records: from the genesis of the network on, or nothing in it counts. */
async function verifyNewer(bytes: Uint8Array, network: Uint8Array, primitives: Primitives): Promise<Verification> {
  const checked = await verifyCertificate(bytes, { trust: { network } }, primitives)
  if (checked.summary !== 'refuted' && checked.lamps.network.state !== 'unknown') return checked
  throw fail('unexpected-answer', `What the node says is not proved: ${checked.refusal?.message ?? checked.lamps.network.ground}`, { expected: 'a certificate that holds', found: checked.refusal?.code ?? 'one that does not begin at the genesis' })
}

/** Whether the node has come at least as far as the file; throws where both cannot be of one history (`other-history`). */
async function requireOneHistory(client: Client, file: Checkpoint, node: Checkpoint, { sha256 }: Primitives): Promise<boolean> {
  const order = Math.sign(node.size - file.size)
  if (order !== Math.sign(node.height - file.height)) throw otherHistory(file, node)
  if (order === 0) {
    if (equalBytes(file.logRoot, node.logRoot) && equalBytes(file.stateRoot, node.stateRoot)) return true
    throw otherHistory(file, node)
  }
  // A node that is behind has no log that could be compared: nothing is said against either.
  if (order < 0) return false
  const { path, fromRoot } = await client.call('getConsistency', { query: { from: file.size, to: node.size } })
  const proof = path.map(readHash)
  const holds = (from: Uint8Array): boolean => isConsistent(file.size, node.size, from, node.logRoot, proof, sha256)
  if (holds(file.logRoot)) return true
  // Only a proof that leads to what the authorities signed shows that they signed something else before: a node alone can refute nothing.
  if (holds(readHash(fromRoot))) throw otherHistory(file, node)
  throw fail('unexpected-answer', 'The node does not prove that its history goes on from where the file ends.', { expected: 'a consistency proof', found: 'none that holds' })
}

function otherHistory(file: Checkpoint, node: Checkpoint): Error {
  const text = ({ height, size, logRoot }: Checkpoint): string => `block ${height}, size ${size}, log root ${bytesToHex(logRoot)}`
  return fail('other-history', 'The file and the node show two histories of one network, both signed by its authorities. Keep both: they are evidence.', { expected: text(node), found: text(file) })
}

function readHash(text: string): Uint8Array {
  if (/^[0-9a-f]{64}$/.test(text)) return hexToBytes(text)
  throw fail('unexpected-answer', 'A hash in the answer cannot be read: this is no Telltale node, or something stands between.', { expected: '64 hexadecimal digits', found: text.slice(0, 80) })
}

function newerRecords(file: Uint8Array, node: Uint8Array): NodeFindings['records'] {
  const before = new Map(carriedRanges(file).map(({ stream, count }) => [stream, count]))
  return carriedRanges(node).map(({ stream, count }) => ({ stream, newer: count - (before.get(stream) ?? count) })).filter(({ newer }) => newer > 0)
}

/** Notes whose leaves the file does not have; what is carried of them stands in the order of `checked.notes`. */
function newerNotes(file: Certificate, node: Certificate, { notes }: Verification): Pick<NodeFindings, 'notes' | 'otherNotes'> {
  const leaves = ({ notes: all }: Certificate): string[] => all.flatMap((entry) => entry.leaves.map(({ id }) => bytesToMapKey(id)))
  const transactions = ({ notes: all }: Certificate): string[] => all.flatMap((entry) => entry.transactions.map(bytesToMapKey))
  const [knownLeaves, known, carried] = [new Set(leaves(file)), new Set(transactions(file)), transactions(node)]
  const found = notes.filter((_, i) => !known.has(carried[i]!))
  return { notes: found, otherNotes: leaves(node).filter((leaf) => !knownLeaves.has(leaf)).length - found.length }
}

/** Everybody of the file, as the entry of each says. */
function newlyEnded(file: Certificate, node: Certificate): NodeFindings['ended'] {
  const now = new Map(identities(node))
  return identities(file).flatMap(([address, before]) => {
    const roles = now.get(address)?.roles
    if (!roles || !before.roles.some(({ to }) => to === null) || roles.some(({ to }) => to === null)) return []
    return [{ address, height: Math.max(...roles.map(({ to }) => to ?? 0)) }]
  })
}

function identities({ state }: Certificate): [string, ReturnType<typeof readIdentityEntry>][] {
  return state.flatMap(({ key, value }) => {
    const [kind, address] = asArray(decode(key), 'state key')
    return kind === KIND_IDENTITY ? [[asText(address, 'address', 64), readIdentityEntry(value)]] : []
  })
}

function newOwner(file: Certificate, node: Certificate): NodeFindings['owner'] {
  const [before, now] = [ownerOf(file), ownerOf(node)]
  return now && before && now.value !== before.value ? { address: now.value, height: now.from } : null
}

function ownerOf({ state }: Certificate): { value: string; from: number } | undefined {
  const entry = state.find(({ key }) => asArray(decode(key), 'state key')[0] === KIND_ASSET)
  return entry && readAssetEntry(entry.value).owners.find(({ to }) => to === null)
}
