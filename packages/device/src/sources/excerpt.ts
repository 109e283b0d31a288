import { EXCERPT_CHARACTERS_MAX } from './limits.ts'

/** The beginning of foreign bytes as a message may show it: printable ASCII, anything else as a dot, so that no terminal obeys it. */
export function excerptOfBytes(bytes: Uint8Array, start: number, end: number): string {
  const shown = Math.min(end, start + EXCERPT_CHARACTERS_MAX)
  let text = ''
  for (let index = start; index < shown; index += 1) {
    const byte = bytes[index] ?? 0
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'
  }
  return shown < end ? `${text}...` : text
}

/** The same for foreign text. Control characters become dots. */
export function excerptOfText(text: string): string {
  const shown = text.slice(0, EXCERPT_CHARACTERS_MAX).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '.')
  return text.length > EXCERPT_CHARACTERS_MAX ? `${shown}...` : shown
}
