import { bytesToHex, compareBytes, cosign, decode, decodeTransaction, encode, hexToBytes, leafHash, linkToCbor, portable, rangeRoot, recordLeaf, signTransaction, stateKeyHash, stateRoot, stateSiblings, subtreesOfLeaves, transactionId, updateStateTree } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { decodeCertificate } from '@telltale/certificate'
import type { Certificate } from '@telltale/certificate'
import { encodeStateKey, noteLeaf, streamKey } from '@telltale/ledger'
import type { Actor } from './actors.ts'
import type { Change } from './changes.ts'
import { GENESIS_MS } from './history.ts'
import { AUTHORITY, DEVICE } from './small-story.ts'
import type { SmallStory } from './small-story.ts'

/** Entries of the state that a certificate carries, decoded, by their key as hexadecimal. */
type Rows = Map<string, Cbor>

const { sha256 } = portable
const STREAM_ROW = bytesToHex(encodeStateKey(streamKey(DEVICE.address, 'odometer')))
const [RECORD_ROOT, NOTES_ROOT] = [3, 9]

/**
 * What a dishonest authority could certify: the state with these changes and nothing else in it, proved and cosigned. Shows the checks that hold even then,
 * because they rest on what the device or the owner signed.
 */
export async function forgeState({ certificate, history }: SmallStory, change: (rows: Rows) => void): Promise<Change[]> {
  const { network } = history.ledger
  const { state, head } = decodeCertificate(certificate)
  const rows: Rows = new Map(state.map(({ key, value }) => [bytesToHex(key), decode(value)]))
  change(rows)
  const entries = [...rows].map(([key, row]) => ({ key: hexToBytes(key), value: encode(row) })).sort((a, b) => compareBytes(a.key, b.key))
  const tree = updateStateTree(null, entries.map(({ key, value }) => ({ keyHash: stateKeyHash(network, key, sha256), value })), sha256)
  const proofs = entries.map(({ key, value }): Cbor => [key, value, stateSiblings(tree, stateKeyHash(network, key, sha256))])
  const checkpoint = { ...head.checkpoint, stateRoot: stateRoot(tree) }
  const { issuedAtSeconds } = head.signatures[0] as Certificate['head']['signatures'][number]
  const { signature } = await cosign(checkpoint, AUTHORITY.address, issuedAtSeconds, AUTHORITY.signer)
  const forged = linkToCbor({ checkpoint, set: null, signatures: [{ position: 0, issuedAtSeconds, signature }], leavers: [] })
  return [set([5], forged), set([6], proofs)]
}

export function set(at: number[], item: Cbor): Change {
  return { at, set: bytesToHex(encode(item)) }
}

/** An entry of the state whose key begins like this; `change` gets its array. */
export function changeRow(prefix: string, change: (row: Cbor[]) => void): (rows: Rows) => void {
  return (rows) => {
    const found = [...rows].find(([key]) => key.startsWith(prefix))
    change(found?.[1] as Cbor[])
  }
}

/** Record 2 replaced by another transaction, under a record root that counts it. */
export async function forgeRecord(story: SmallStory, transaction: Uint8Array, body?: Uint8Array): Promise<Change[]> {
  const { transactions } = decodeCertificate(story.certificate).records[0] as Certificate['records'][number]
  const forged = transactions.map((item, i) => (i === 2 ? { ...item, bytes: transaction } : item))
  const entries = forged.map(({ height, timeMs, bytes }) => encode(recordLeaf(height, timeMs, transactionId(decodeTransaction(bytes), portable))))
  const state = await forgeState(story, (rows) => void ((rows.get(STREAM_ROW) as Cbor[])[RECORD_ROOT] = treeRoot(entries)))
  return [...state, set([7, 0, 2, 2, 2], transaction), ...(body ? [set([11, 2], body)] : [])]
}

/** The correction replaced by another transaction, under a notes root that counts it. */
export async function forgeNote(story: SmallStory, transaction: Uint8Array, [first, last]: [number, number] = [1, 1]): Promise<Change[]> {
  const id = transactionId(decodeTransaction(transaction), portable)
  const leaf = noteLeaf(6, GENESIS_MS + 6000, first, last, id)
  const state = await forgeState(story, (rows) => void ((rows.get(STREAM_ROW) as Cbor[])[NOTES_ROOT] = treeRoot([encode(leaf)])))
  return [...state, set([8, 1, 1, 0], leaf), set([8, 1, 2, 0], transaction)]
}

function treeRoot(entries: Uint8Array[]): Uint8Array {
  return rangeRoot(0, entries.length, subtreesOfLeaves(entries.map((entry) => leafHash(entry, sha256)), sha256), sha256)
}

/** A transaction like record 2 of the story or its correction, but for what is given. */
export async function resign(story: SmallStory, original: Uint8Array, who: Actor, changed: { network?: Uint8Array; sub?: string; call?: number; sequence?: number; args?: Cbor[] }): Promise<Uint8Array> {
  const { network, iss, sub, call, sequence, args } = decodeTransaction(original)
  return signTransaction({ network, iss, sub, call, sequence, args, ...changed }, who.signer)
}
