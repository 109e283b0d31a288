import { addressToBytes, asArray, asBytes, asText, asUint, bytesToHex, consentFields, decodeTransaction, equalBytes, fail, followLink, isValidSignature, keyFields, leafHash, publicKeyFromCose, publicKeyToCose, rootFromInclusion, setFromCbor, setToCbor, statementCheck, transactionId, transactionSignatureInput } from '@telltale/core'
import type { AuthoritySet, Cbor, Link, Primitives, PublicKey, StatementSignature, Transaction } from '@telltale/core'

/** The owner as a device knows it: the key that may command it, and no other, whatever address stands beside it. */
export interface OwnerKey {
  address: string
  keyNumber: number
  key: PublicKey
}

/**
 * Whom a device obeys. The first comes with its enrolment; later ones only through `followOwner`. That takes the signature of the owner before: authorities who
 * conspire can keep a transfer from a device, but they cannot make one.
 */
export interface OwnerPin {
  asset: string
  /** Authorities whose cosignatures the device believes. */
  set: AuthoritySet
  owner: OwnerKey
  /** Transfers of the asset so far, and the id of the last: 32 zero bytes before the first. */
  transfers: number
  lastTransfer: Uint8Array
}

/** A transaction that changes whom a device obeys, and the proof that it is certified. */
export interface OwnerStep {
  /** Call 12 (transfer), or call 4 (rotate) by the owner itself. */
  transaction: Uint8Array
  /** Its position in the log, and the inclusion proof under the last link's checkpoint. */
  index: number
  path: Uint8Array[]
  /** From the set that the device believes to a checkpoint that holds the transaction; at least one. */
  links: Link[]
}

const CALL_ROTATE = 4
const CALL_TRANSFER = 12

/**
 * The pin after a step. Checks, in this order: links (quorum and signatures), inclusion, form and network, the signature of the owner so far, then what the
 * call itself asks for: for a transfer its number and predecessor and the consent of the new owner; for a rotation the new key's own signature. A key given by an
 * organisation for a lost one is not followed: only an enrolment can pin it. Codes: those of `followLink`, `not-certified`, `wrong-network`,
 * `not-the-owner`, `wrong-transfer-number`, `wrong-key-number`, `invalid-signature`, `wrong-shape`, `weak-key`.
 */
export async function followOwner(pin: OwnerPin, step: OwnerStep, network: Uint8Array, primitives: Primitives): Promise<OwnerPin> {
  const set = await requireCertified(pin.set, step, network, primitives)
  const transaction = decodeTransaction(step.transaction)
  if (!equalBytes(transaction.network, network.subarray(0, 16))) throw fail('wrong-network', 'The transaction belongs to another network.', { expected: bytesToHex(network.subarray(0, 16)), found: bytesToHex(transaction.network) })
  await requireOwnerSigned(pin.owner, transaction, primitives)
  if (transaction.call === CALL_ROTATE) return { ...pin, set, owner: await rotatedOwner(pin.owner, transaction, network, primitives) }
  if (transaction.call !== CALL_TRANSFER) throw fail('wrong-shape', `Call ${transaction.call} does not change an owner.`, { expected: `call ${CALL_TRANSFER} or ${CALL_ROTATE}`, found: String(transaction.call) })
  return { ...pin, set, owner: await newOwner(pin, transaction, network, primitives), transfers: pin.transfers + 1, lastTransfer: transactionId(transaction, primitives) }
}

async function requireCertified(trusted: AuthoritySet, step: OwnerStep, network: Uint8Array, primitives: Primitives): Promise<AuthoritySet> {
  let set = trusted
  let root: Uint8Array | null = null
  let size = 0
  for (const link of step.links) {
    if (!equalBytes(link.checkpoint.network, network)) throw fail('wrong-network', 'The checkpoint belongs to another network.', { expected: bytesToHex(network), found: bytesToHex(link.checkpoint.network) })
    const followed = followLink(set, link, primitives)
    for (const check of followed.checks) {
      if (!(await isValidSignature(check, primitives))) throw fail('not-certified', 'A cosignature of the checkpoint does not hold.', { expected: 'valid cosignatures' })
    }
    set = followed.set
    root = link.checkpoint.logRoot
    size = link.checkpoint.size
  }
  const found = rootFromInclusion(leafHash(step.transaction, primitives.sha256), step.index, size, step.path, primitives.sha256)
  if (root && found && equalBytes(root, found)) return set
  throw fail('not-certified', 'The transaction is not proved to stand in the log.', { expected: root ? bytesToHex(root) : 'a checkpoint', found: found ? bytesToHex(found) : 'no proof' })
}

async function requireOwnerSigned(owner: OwnerKey, transaction: Transaction, primitives: Primitives): Promise<void> {
  const { iss, keyNumber, algorithm, signature } = transaction
  const isNamed = iss === owner.address && keyNumber === owner.keyNumber && algorithm === owner.key.algorithm
  if (isNamed && (await isValidSignature({ key: owner.key, message: transactionSignatureInput(transaction), signature }, primitives))) return
  throw notTheOwner(owner, `${iss}, key ${keyNumber}`)
}

export function notTheOwner(owner: OwnerKey, found: string): Error {
  return fail('not-the-owner', 'This was not signed by the owner that the device knows. If the asset was sold, show the device the transfer first.', { expected: `${owner.address}, key ${owner.keyNumber}`, found })
}

async function newOwner(pin: OwnerPin, { iss, sub, args }: Transaction, network: Uint8Array, primitives: Primitives): Promise<OwnerKey> {
  const [number, previous, address, key, consent] = asArray(args, 'transfer', 5)
  if (sub !== pin.asset) throw fail('wrong-shape', 'The transfer is about another asset.', { expected: pin.asset, found: sub })
  const place = asUint(number, 'transfer number')
  if (place !== pin.transfers || !equalBytes(asBytes(previous, 'previous transfer', 32), pin.lastTransfer)) {
    throw fail('wrong-transfer-number', 'The transfer does not follow the last one that the device knows; show it all transfers in their order.', { expected: String(pin.transfers), found: String(place) })
  }
  const [keyNumber, signature] = asArray(consent, 'consent', 2)
  const signed: StatementSignature = { keyNumber: asUint(keyNumber, 'consent key number', 255), signature: asBytes(signature, 'consent signature') }
  const owner = { address: asText(address, 'new owner', 64), keyNumber: signed.keyNumber, key: publicKeyFromCose(key) }
  addressToBytes(owner.address, 'tt')
  const check = statementCheck('consent', network, consentFields({ call: CALL_TRANSFER, iss, sub, sequence: null }, args.slice(0, -1)), owner.key, signed)
  if (!(await isValidSignature(check, primitives))) throw fail('invalid-signature', 'The consent of the new owner does not hold.', { expected: `a consent by ${owner.address}` })
  return owner
}

async function rotatedOwner(owner: OwnerKey, { sub, args }: Transaction, network: Uint8Array, primitives: Primitives): Promise<OwnerKey> {
  const [number, key, signature] = asArray(args, 'rotate', 3)
  const keyNumber = asUint(number, 'key number', 255)
  if (sub !== owner.address) throw fail('wrong-shape', 'The rotation is about another identity.', { expected: owner.address, found: sub })
  if (keyNumber <= owner.keyNumber) throw fail('wrong-key-number', 'Key numbers rise.', { expected: `above ${owner.keyNumber}`, found: String(keyNumber) })
  const rotated = { address: owner.address, keyNumber, key: publicKeyFromCose(key) }
  const check = statementCheck('key', network, keyFields(sub, 'rotation', keyNumber, null), rotated.key, { keyNumber, signature: asBytes(signature, 'key signature') })
  if (!(await isValidSignature(check, primitives))) throw fail('invalid-signature', 'The new key did not sign for itself.', { expected: 'a signature under the new key' })
  return rotated
}

export function pinToCbor({ asset, set, owner, transfers, lastTransfer }: OwnerPin): Cbor[] {
  return [asset, setToCbor(set), owner.address, owner.keyNumber, publicKeyToCose(owner.key), transfers, lastTransfer]
}

/** Reads a pin (`wrong-shape`, `weak-key`, `malformed-address`). */
export function pinFromCbor(value: Cbor | undefined): OwnerPin {
  const [asset, set, address, keyNumber, key, transfers, lastTransfer] = asArray(value, 'pin', 7)
  return {
    asset: asText(asset, 'asset', 64),
    set: setFromCbor(set),
    owner: { address: asText(address, 'owner', 64), keyNumber: asUint(keyNumber, 'owner key number', 255), key: publicKeyFromCose(key) },
    transfers: asUint(transfers, 'transfers'),
    lastTransfer: asBytes(lastTransfer, 'last transfer', 32),
  }
}
