import { fail } from '../errors.ts'

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hexadecimal; by the platform's own means where it has them, which are many times faster. */
export function bytesToHex(bytes: Uint8Array): string {
  const native = bytes as Uint8Array & { toHex?: () => string }
  if (native.toHex) return native.toHex()
  let text = ''
  for (const byte of bytes) text += PAIRS[byte]
  return text
}

/** Bytes of lower- or upper-case hexadecimal (`malformed-hex`). */
export function hexToBytes(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw fail('malformed-hex', `"${text.slice(0, 20)}" is not hexadecimal.`, { expected: 'an even number of digits 0-9 and a-f', found: text.slice(0, 80) })
  }
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}
