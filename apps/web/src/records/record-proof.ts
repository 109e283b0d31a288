import { bytesToHex, checkPublicKey, cosignatureCheck, decodeReceipts, decodeTransaction, hexToBytes, innerHash, isQuorum, isValidSignature, leafHash, portable, rootFromInclusion, transactionId, transactionSignatureInput } from '@telltale/core'
import type { Algorithm, PublicKey, Receipt } from '@telltale/core'
import type { Identity, StreamRecord } from '../api/ledger-answers.ts'

/** What this browser worked out about a record, each of it from bytes, none from the node's word. */
export interface RecordProof {
  isSignedByDevice: boolean
  /** Whether the bytes are those that the id and the link to the record before say. */
  isLinked: boolean
  isCosigned: boolean
  leaf: string
  /** From the record up: the hash beside the path, on which side it stands, and the hash that both make. */
  steps: { sibling: string; isLeft: boolean; hash: string }[]
  /** Null where the path leads nowhere. */
  root: string | null
  receipt: Pick<Receipt, 'height' | 'size' | 'index'>
  /** Addresses of those who signed. */
  cosigners: string[]
  cosignedAtSeconds: number
}

/** Checks the signature of the device, the path to the log root and the signatures on that root of more than two thirds of the authorities. Throws what `decodeReceipts` throws. */
export async function proveRecord(record: StreamRecord, receiptBytes: Uint8Array, device: Identity, authorities: Identity[]): Promise<RecordProof> {
  const bytes = hexToBytes(record.transaction)
  const transaction = decodeTransaction(bytes)
  const receipts = decodeReceipts(receiptBytes)
  const [receipt] = receipts as [Receipt]
  const { sha256 } = portable
  const leaf = leafHash(bytes, sha256)
  const root = rootFromInclusion(leaf, receipt.index, receipt.size, receipt.path, sha256)
  const deviceKey = keyOf(device, transaction.keyNumber)
  return {
    isSignedByDevice: deviceKey !== null && transaction.iss === device.address && (await isValidSignature({ key: deviceKey, message: transactionSignatureInput(transaction), signature: transaction.signature }, portable)),
    isLinked: bytesToHex(transactionId(transaction, portable)) === record.id && bytesToHex(transaction.args[0] as Uint8Array) === record.previous,
    isCosigned: root !== null && (await isCosigned(receipts, root, authorities)),
    leaf: bytesToHex(leaf),
    steps: stepsOf(leaf, receipt),
    root: root && bytesToHex(root),
    receipt: { height: receipt.height, size: receipt.size, index: receipt.index },
    cosigners: receipts.map(({ cosignature }) => cosignature.address),
    cosignedAtSeconds: receipt.cosignature.issuedAtSeconds,
  }
}

async function isCosigned(receipts: Receipt[], root: Uint8Array, authorities: Identity[]): Promise<boolean> {
  const signers = new Set<string>()
  for (const receipt of receipts) {
    const { address, keyNumber } = receipt.cosignature
    const authority = authorities.find((identity) => identity.address === address)
    const key = authority ? keyOf(authority, keyNumber) : null
    if (!key || !(await isValidSignature(cosignatureCheck({ ...receipt, logRoot: root }, { address, keyNumber, key }, receipt.cosignature), portable))) return false
    signers.add(address)
  }
  return isQuorum(signers.size, authorities.length)
}

/** A key that is weak could sign anything: `weak-key`. */
function keyOf({ keys }: Identity, number: number): PublicKey | null {
  const found = keys.find((item) => item.number === number)
  if (!found) return null
  const key: PublicKey = { algorithm: found.algorithm as Algorithm, material: hexToBytes(found.key) }
  checkPublicKey(key)
  return key
}

/** The way of RFC 9162, 2.1.3.2, with every hash on it, for the picture; the check itself is `rootFromInclusion`. */
function stepsOf(leaf: Uint8Array, { index, size, path }: Receipt): RecordProof['steps'] {
  const { sha256 } = portable
  const steps: RecordProof['steps'] = []
  let position = index
  let last = size - 1
  let hash = leaf
  for (const sibling of path) {
    const isLeft = position % 2 === 1 || position === last
    hash = isLeft ? innerHash(sibling, hash, sha256) : innerHash(hash, sibling, sha256)
    steps.push({ sibling: bytesToHex(sibling), isLeft, hash: bytesToHex(hash) })
    while (isLeft && position % 2 === 0 && position !== 0) {
      position = Math.floor(position / 2)
      last = Math.floor(last / 2)
    }
    position = Math.floor(position / 2)
    last = Math.floor(last / 2)
  }
  return steps
}
