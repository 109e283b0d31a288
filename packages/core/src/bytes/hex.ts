import { fail } from '../errors.ts'

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Of the language since ES2026: where an engine has it, receipts as text cost a tenth, and leave no half-made strings behind. */
interface HexBytes {
  toHex?: () => string
}

/** Lower-case hexadecimal. */
export function bytesToHex(bytes: Uint8Array): string {
  const { toHex } = bytes as HexBytes
  if (toHex) return toHex.call(bytes)
  let text = ''
  for (const byte of bytes) text += PAIRS[byte] as string
  return text
}

/** Bytes of lower- or upper-case hexadecimal (`malformed-hex`). */
export function hexToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1)
  let isHex = text.length % 2 === 0
  for (let i = 0; i < bytes.length && isHex; i++) {
    const [high, low] = [digit(text.charCodeAt(2 * i)), digit(text.charCodeAt(2 * i + 1))]
    isHex = high >= 0 && low >= 0
    bytes[i] = 16 * high + low
  }
  if (isHex) return bytes
  throw fail('malformed-hex', `"${text.slice(0, 20)}" is not hexadecimal.`, { expected: 'an even number of digits 0-9 and a-f', found: text.slice(0, 80) })
}

/** Value of a digit, or -1. */
function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  // Upper-case letters differ from lower-case ones in one bit.
  const letter = code | 32
  return letter >= 97 && letter <= 102 && code < 128 ? letter - 87 : -1
}
