import { asArray, asBytes, wrongShape } from '../encoding/shape.ts'
import { decode } from '../encoding/reader.ts'
import { encode } from '../encoding/writer.ts'

/** A transaction on its way to the ledger, with the bytes that it refers to. */
export interface Submission {
  bytes: Uint8Array
  attachments: Uint8Array[]
}

/** Submissions of one request: enough that the request itself costs little. */
export const SUBMISSIONS_MAX = 100
/** Attachments of one transaction; no call refers to more than one today. */
const SUBMISSION_ATTACHMENTS_MAX = 16

/** The body of a request to a node or a gateway: cbor [+ [transaction, [* attachment]]]. */
export function encodeSubmissions(submissions: Submission[]): Uint8Array {
  return encode(submissions.map(({ bytes, attachments }) => [bytes, attachments]))
}

/** The first byte of a lone transaction: tag 18. */
const SIGN1 = 0xd2

/** Reads such a body, or a lone transaction that needs nothing else; the transactions are still unread (`malformed-cbor`, `not-canonical`, `wrong-shape`). */
export function decodeSubmissions(body: Uint8Array): Submission[] {
  if (body[0] === SIGN1) return [{ bytes: body, attachments: [] }]
  const items = asArray(decode(body), 'body')
  if (items.length === 0 || items.length > SUBMISSIONS_MAX) throw wrongShape('body', `1 to ${SUBMISSIONS_MAX} transactions`, items)
  return items.map((item) => {
    const [bytes, attachments] = asArray(item, 'item', 2)
    const given = asArray(attachments, 'attachments')
    if (given.length > SUBMISSION_ATTACHMENTS_MAX) throw wrongShape('attachments', `at most ${SUBMISSION_ATTACHMENTS_MAX}`, given)
    return { bytes: asBytes(bytes, 'transaction'), attachments: given.map((attachment) => asBytes(attachment, 'attachment')) }
  })
}
