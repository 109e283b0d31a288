import { equalBytes } from '../bytes/compare.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { isValidSignature } from '../crypto/signature-validity.ts'
import type { SignatureCheck } from '../crypto/signature-validity.ts'
import { fail } from '../errors.ts'
import { leafHash } from '../merkle/log-hash.ts'
import { rootFromInclusion } from '../merkle/log-verify.ts'
import { isQuorum, setHash } from './authority-set.ts'
import type { AuthoritySet } from './authority-set.ts'
import { cosignatureCheck, decodeReceipt } from './cosignature.ts'
import type { Receipt } from './cosignature.ts'

/** Whose receipts count. */
export interface ReceiptTrust {
  network: Uint8Array
  set: AuthoritySet
  /** Checks a signature, for whoever remembers those that it has checked: all receipts under one checkpoint have the same. */
  isValid?: (check: SignatureCheck) => boolean | Promise<boolean>
}

/**
 * Reads a receipt and checks that it certifies this transaction, by the authorities that are trusted. In order: form, network, the set that it names, the
 * authority in it, that one signature is enough, inclusion, the signature. Codes: those of `decodeReceipt`, `wrong-network`, `set-mismatch`,
 * `unknown-authority`, `no-quorum`, `not-certified`.
 */
export async function checkReceipt(bytes: Uint8Array, transaction: Uint8Array, trust: ReceiptTrust, primitives: Primitives): Promise<Receipt> {
  const { network, set, isValid = (check) => isValidSignature(check, primitives) } = trust
  const receipt = decodeReceipt(bytes)
  if (!equalBytes(receipt.network, network)) throw fail('wrong-network', 'The receipt belongs to another network.')
  if (!equalBytes(receipt.setHash, setHash(set, primitives))) throw fail('set-mismatch', 'The receipt names another set of authorities than the one that is trusted.', { expected: 'the set that is trusted', found: 'another set' })
  const { address, keyNumber } = receipt.cosignature
  const authority = set.find((one) => one.address === address && one.keyNumber === keyNumber && one.key.algorithm === receipt.algorithm)
  if (!authority) throw fail('unknown-authority', 'The receipt is signed by nobody of the set.', { expected: set.map((one) => one.address).join(', '), found: address })
  if (!isQuorum(1, set.length)) throw fail('no-quorum', 'One signature does not certify in a network of several authorities.', { expected: `more than two thirds of ${set.length}`, found: '1' })
  const logRoot = rootFromInclusion(leafHash(transaction, primitives.sha256), receipt.index, receipt.size, receipt.path, primitives.sha256)
  if (!logRoot) throw notCertified()
  const { height, size, stateRoot, setHash: named } = receipt
  const check = cosignatureCheck({ network, height, size, logRoot, stateRoot, setHash: named }, authority, receipt.cosignature)
  if (!(await isValid(check))) throw notCertified()
  return receipt
}

function notCertified(): Error {
  return fail('not-certified', 'The receipt does not prove that the transaction stands in the log.', { expected: 'a valid receipt', found: 'another' })
}
