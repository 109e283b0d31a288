import { fail } from '../errors.ts'

// Both exist in Node and in every browser; a byte order mark is text like any other and stays.
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 of well-formed text; a lone surrogate is refused, not replaced (`malformed-text`). */
export function textToBytes(text: string): Uint8Array {
  if (/\p{Surrogate}/u.test(text)) throw fail('malformed-text', 'The text holds half of a surrogate pair.', { expected: 'well-formed Unicode' })
  return encoder.encode(text)
}

/** Bytes that a text takes in UTF-8. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length
}

/** Text of valid UTF-8, never normalised (`malformed-text`). */
export function bytesToText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw fail('malformed-text', 'The text is not valid UTF-8.', { expected: 'valid UTF-8', cause })
  }
}
