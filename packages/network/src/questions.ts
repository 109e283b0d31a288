import { TelltaleError, asArray, asBytes, asText, decode, encode, fail, judge } from '@telltale/core'

/** The answer to a question as it travels: what was asked for, or why not. */
export function encodeAnswer(answer: Uint8Array): Uint8Array {
  return encode([0, answer])
}

/** What is thrown without a code is our own fault and says nothing about us. */
export function encodeRefusal(error: unknown): Uint8Array {
  const { code, message } = error instanceof TelltaleError ? error : { code: 'internal-error', message: 'The peer failed.' }
  return encode([1, code.slice(0, 64), message.slice(0, 300).toWellFormed()])
}

/** Codes: `peer-refused`, of which `found` is the code that the peer gave; `malformed-answer`. */
export function decodeAnswer(bytes: Uint8Array): Uint8Array {
  const read = judge(() => {
    const items = asArray(decode(bytes), 'answer')
    if (items[0] === 0) return { answer: asBytes(asArray(items, 'answer', 2)[1], 'answer') }
    asArray(items, 'refusal', 3)
    return { code: asText(items[1], 'refusal code', 64), message: asText(items[2], 'refusal message') }
  })
  if (!read.ok) throw fail('malformed-answer', `The answer of a peer cannot be read: ${read.verdict.message}`, { expected: 'an answer or a refusal', found: read.verdict.code })
  if (read.value.answer) return read.value.answer
  const { code, message } = read.value as { code: string; message: string }
  throw fail('peer-refused', `The peer does not answer this: ${message}`, { expected: 'an answer', found: code })
}
