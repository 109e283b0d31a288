import { equalBytes } from '../bytes/compare.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { isValidSignature } from '../crypto/signature-validity.ts'
import type { SignatureCheck } from '../crypto/signature-validity.ts'
import { decode } from '../encoding/reader.ts'
import { asArray, asBytes, wrongShape } from '../encoding/shape.ts'
import { encode } from '../encoding/writer.ts'
import { fail } from '../errors.ts'
import { AUTHORITIES_MAX } from '../limits.ts'
import { leafHash } from '../merkle/log-hash.ts'
import { rootFromInclusion } from '../merkle/log-verify.ts'
import { isQuorum, setHash } from './authority-set.ts'
import type { Authority, AuthoritySet } from './authority-set.ts'
import { cosignatureCheck, decodeReceipt } from './cosignature.ts'
import type { Receipt } from './cosignature.ts'

/** Whose receipts count. */
export interface ReceiptTrust {
  network: Uint8Array
  set: AuthoritySet
  /** Checks a signature, for whoever remembers those that it has checked: all receipts under one checkpoint have the same. */
  isValid?: (check: SignatureCheck) => boolean | Promise<boolean>
}

/** A receipt of several authorities: cbor [+ receipt as bstr], each of them whole, so that who knows RFC 9942 alone can check any of them. */
export function encodeReceipts(receipts: Uint8Array[]): Uint8Array {
  return receipts.length === 1 ? (receipts[0] as Uint8Array) : encode(receipts)
}

/** The first byte of a lone receipt: tag 18. */
const SIGN1 = 0xd2

/** Receipts as `encodeReceipts` writes them: one, or one of each authority (`wrong-shape` and the codes of `decodeReceipt`). */
export function decodeReceipts(bytes: Uint8Array): Receipt[] {
  if (bytes[0] === SIGN1) return [decodeReceipt(bytes)]
  const items = asArray(decode(bytes), 'receipts')
  if (items.length < 2 || items.length > AUTHORITIES_MAX) throw wrongShape('receipts', `2 to ${AUTHORITIES_MAX}, or one alone`, items)
  return items.map((item) => decodeReceipt(asBytes(item, 'receipt')))
}

/**
 * Reads a receipt and checks that it certifies this transaction, by the authorities that are trusted. In order: form, and of each of its authorities: network, the
 * set that it names, the authority in it; that all name one place in one log, that they are enough, inclusion, the signatures. Codes: those of `decodeReceipts`, `wrong-network`,
 * `set-mismatch`, `unknown-authority`, `no-quorum`, `not-certified`.
 */
export async function checkReceipt(bytes: Uint8Array, transaction: Uint8Array, trust: ReceiptTrust, primitives: Primitives): Promise<Receipt> {
  const { set, isValid = (check) => isValidSignature(check, primitives) } = trust
  const receipts = decodeReceipts(bytes)
  const [first] = receipts as [Receipt]
  const signers = receipts.map((receipt) => signerOf(receipt, trust, primitives))
  if (receipts.some((receipt) => !isSamePlace(receipt, first))) throw notCertified()
  if (!isQuorum(new Set(signers).size, set.length)) throw fail('no-quorum', 'Too few of the authorities signed the receipt.', { expected: `more than two thirds of ${set.length}`, found: String(new Set(signers).size) })
  const logRoot = rootFromInclusion(leafHash(transaction, primitives.sha256), first.index, first.size, first.path, primitives.sha256)
  if (!logRoot) throw notCertified()
  for (const [i, { network, height, size, stateRoot, setHash: named, cosignature }] of receipts.entries()) {
    const check = cosignatureCheck({ network, height, size, logRoot, stateRoot, setHash: named }, signers[i] as Authority, cosignature)
    if (!(await isValid(check))) throw notCertified()
  }
  return first
}

function signerOf(receipt: Receipt, { network, set }: ReceiptTrust, primitives: Primitives): Authority {
  if (!equalBytes(receipt.network, network)) throw fail('wrong-network', 'The receipt belongs to another network.')
  if (!equalBytes(receipt.setHash, setHash(set, primitives))) throw fail('set-mismatch', 'The receipt names another set of authorities than the one that is trusted.', { expected: 'the set that is trusted', found: 'another set' })
  const { address, keyNumber } = receipt.cosignature
  const authority = set.find((one) => one.address === address && one.keyNumber === keyNumber && one.key.algorithm === receipt.algorithm)
  if (!authority) throw fail('unknown-authority', 'The receipt is signed by nobody of the set.', { expected: set.map((one) => one.address).join(', '), found: address })
  return authority
}

function isSamePlace(a: Receipt, b: Receipt): boolean {
  return a.height === b.height && a.size === b.size && a.index === b.index && equalBytes(a.stateRoot, b.stateRoot) && a.path.length === b.path.length && a.path.every((hash, i) => equalBytes(hash, b.path[i] as Uint8Array))
}

function notCertified(): Error {
  return fail('not-certified', 'The receipt does not prove that the transaction stands in the log.', { expected: 'a valid receipt', found: 'another' })
}
