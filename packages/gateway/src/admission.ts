import { TelltaleError, asArray, attachmentFromCbor, bytesToHex, decodeTransaction, equalBytes, fail, isAddress, isValidSignature, recordArgsFromCbor, transactionId, transactionSignatureInput } from '@telltale/core'
import type { AttachmentReference, Primitives, Submission, Transaction } from '@telltale/core'
import type { Registry } from './components.ts'

/** A submission whose form was read. */
export interface ReadSubmission {
  id: string
  transaction: Transaction
  submission: Submission
}

const CALL_RECORD = 16
const CALL_GRANT = 18
const GRANT_ATTACHMENT = 5

/**
 * Reads a submission: form, network, and that it brings exactly the bytes that it refers to. Codes: those of `decodeTransaction`, `wrong-network`,
 * `wrong-shape`, `missing-attachment`, `surplus-attachment`.
 */
export function readSubmission(submission: Submission, network: Uint8Array, primitives: Primitives): ReadSubmission {
  const transaction = decodeTransaction(submission.bytes)
  const start = network.subarray(0, 16)
  if (!equalBytes(transaction.network, start)) throw fail('wrong-network', 'The transaction belongs to another network than this gateway.', { expected: bytesToHex(start), found: bytesToHex(transaction.network) })
  requireAttachments(submission, referenceOf(transaction), primitives)
  return { id: bytesToHex(transactionId(transaction, primitives)), transaction, submission }
}

/** The one attachment that a device's call refers to, or null. */
function referenceOf({ call, args }: Transaction): AttachmentReference | null {
  if (call === CALL_RECORD) return recordArgsFromCbor(args).body
  if (call === CALL_GRANT) return attachmentFromCbor(asArray(args, 'grant')[GRANT_ATTACHMENT], 'grant attachment')
  return null
}

/** What is missing here would be missing at the node, and the record would wait for ever. */
function requireAttachments({ attachments }: Submission, reference: AttachmentReference | null, { sha256 }: Primitives): void {
  const isCarried = (bytes: Uint8Array): boolean => reference !== null && bytes.length === reference.length && equalBytes(sha256(bytes), reference.sha256)
  const expected = reference === null ? 0 : 1
  const found = `${attachments.length} attachments`
  if (reference && !attachments.some(isCarried)) throw fail('missing-attachment', 'The transaction refers to bytes that did not come with it.', { expected: `${reference.length} bytes`, found })
  if (attachments.length > expected) throw fail('surplus-attachment', 'An attachment is not one that the transaction refers to, or came twice.', { expected: `${expected} attachments`, found })
}

/**
 * Whether a device of this network signed it, with a key that it holds or held. Codes: `unknown-device`, `unknown-key`, `wrong-algorithm`, `invalid-signature`,
 * `node-unreachable`.
 */
export async function requireSignedByDevice({ transaction }: ReadSubmission, registry: Registry, primitives: Primitives): Promise<void> {
  const { iss, keyNumber, algorithm, signature } = transaction
  const device = isAddress(iss, 'tt') ? await registry.find(iss) : null
  if (!device) throw fail('unknown-device', `${iss.slice(0, 64)} is no device of this network.`, { expected: 'an enrolled device', found: iss.slice(0, 64) })
  const key = device.keys.get(keyNumber)
  if (!key) throw fail('unknown-key', `${iss} never held a key ${keyNumber}.`, { expected: `one of ${[...device.keys.keys()].join(', ')}`, found: String(keyNumber) })
  if (key.algorithm !== algorithm) throw fail('wrong-algorithm', 'The transaction names another algorithm than its key has.', { expected: key.algorithm, found: algorithm })
  if (await isValidSignature({ key, message: transactionSignatureInput(transaction), signature }, primitives)) return
  throw fail('invalid-signature', 'The signature does not hold.', { expected: `a signature under key ${keyNumber} of ${iss}`, found: 'another signature' })
}

/** The coded error of a failure; our own bugs pass through. */
export function codedError(error: unknown): TelltaleError {
  if (error instanceof TelltaleError) return error
  throw error
}
