import { bytesToHex, fail, portable, textToBytes } from '@telltale/core'

/**
 * A certificate as a sequence of QR codes: `TT1:ID:INDEX/COUNT:TEXT`, where the texts together are the certificate, deflated, as base64url, and ID the first eight
 * hexadecimal digits of the SHA-256 of them all, so that parts of two certificates never mix. One link code would do for a small certificate, but most have more
 * than the 2,953 bytes of the largest QR code.
 */
const PART = /^TT1:([0-9a-f]{8}):(\d{1,4})\/(\d{1,4}):([A-Za-z0-9_-]+)$/

/** Characters of one part: a QR code that a phone reads from a laptop at arm's length. */
const PART_CHARACTERS = 700
/** At four a second, two minutes; a longer certificate travels as a file. */
const PARTS_MAX = 500

export function textToParts(text: string): string[] {
  const count = Math.max(1, Math.ceil(text.length / PART_CHARACTERS))
  const id = partsId(text)
  return Array.from({ length: count }, (_, i) => `TT1:${id}:${i + 1}/${count}:${text.slice(i * PART_CHARACTERS, (i + 1) * PART_CHARACTERS)}`)
}

function partsId(text: string): string {
  return bytesToHex(portable.sha256(textToBytes(text))).slice(0, 8)
}

export interface PartsCollector {
  /** Takes what a code says; true where it was a part, new or known. A part of another certificate begins anew. */
  add(code: string): boolean
  progress(): { got: number; count: number }
  /** The whole text once all parts are there, else null (`malformed-link` where they do not fit together). */
  text(): string | null
}

export function createPartsCollector(): PartsCollector {
  let id = ''
  let count = 0
  let parts = new Map<number, string>()
  return {
    add(code) {
      const match = PART.exec(code)
      if (!match) return false
      const [, partId, index, partCount, text] = match as unknown as [string, string, string, string, string]
      if (Number(partCount) > PARTS_MAX || Number(index) < 1 || Number(index) > Number(partCount)) return false
      if (partId !== id || Number(partCount) !== count) {
        id = partId
        count = Number(partCount)
        parts = new Map()
      }
      parts.set(Number(index), text)
      return true
    },
    progress: () => ({ got: parts.size, count }),
    text() {
      if (count === 0 || parts.size < count) return null
      const whole = [...parts].sort(([a], [b]) => a - b).map(([, text]) => text).join('')
      if (partsId(whole) !== id) throw fail('malformed-link', 'The codes do not fit together; scan them again.', { expected: id, found: partsId(whole) })
      return whole
    },
  }
}
