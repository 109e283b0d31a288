import { asArray, asBytes, asExactly, asNullable, asText, asUint, asVersioned } from '../encoding/shape.ts'
import { decode } from '../encoding/reader.ts'
import { encode } from '../encoding/writer.ts'

/** A transaction that an authority refused for good, with everything to show for it. */
export interface RefusedTransaction {
  sub: string
  sequence: number
  bytes: Uint8Array
  attachments: Uint8Array[]
  code: string
  message: string
  /** The authority's signed refusal; null for what merely followed a refused record. */
  refusal: Uint8Array | null
}

const MAGIC = 'tt-refused'

export function encodeRefused({ sub, sequence, bytes, attachments, code, message, refusal }: RefusedTransaction): Uint8Array {
  return encode([MAGIC, 1, sub, sequence, bytes, attachments, code, message, refusal])
}

/** Reads what was kept (`malformed-cbor`, `wrong-shape`). */
export function decodeRefused(content: Uint8Array): RefusedTransaction {
  const [magic, , sub, sequence, bytes, attachments, code, message, refusal] = asVersioned(decode(content), 'refused transaction', 9, 1)
  asExactly(magic, MAGIC, 'refused transaction')
  return {
    sub: asText(sub, 'subject', 128),
    sequence: asUint(sequence, 'sequence'),
    bytes: asBytes(bytes, 'transaction'),
    attachments: asArray(attachments, 'attachments').map((attachment) => asBytes(attachment, 'attachment')),
    code: asText(code, 'code', 64),
    message: asText(message, 'message', 4096),
    refusal: asNullable(refusal, (signed) => asBytes(signed, 'refusal')),
  }
}
