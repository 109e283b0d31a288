import { concatBytes, fail } from '@telltale/core'

/** A message on a stream: its length in 4 bytes, big-endian, and its bytes. */
export function encodeFrame(bytes: Uint8Array): Uint8Array {
  const head = new Uint8Array(4)
  new DataView(head.buffer).setUint32(0, bytes.length)
  return concatBytes(head, bytes)
}

/** Takes a stream apart into messages. Room is made for what has arrived, never for what was announced. */
export interface FrameReader {
  push(bytes: Uint8Array): void
  /** The next whole message, or null (`message-too-large` as soon as one is announced). */
  next(): Uint8Array | null
}

export function createFrameReader(bytesMax: () => number): FrameReader {
  let buffer = new Uint8Array(0)
  let start = 0
  let end = 0
  const append = (bytes: Uint8Array): void => {
    buffer.set(bytes, end)
    end += bytes.length
  }
  return {
    push(bytes) {
      const held = end - start
      if (held + bytes.length > buffer.length) {
        const grown = new Uint8Array(2 * (held + bytes.length))
        grown.set(buffer.subarray(start, end))
        buffer = grown
      } else if (end + bytes.length > buffer.length) buffer.copyWithin(0, start, end)
      else return append(bytes)
      start = 0
      end = held
      append(bytes)
    },
    next() {
      if (end - start < 4) return null
      const length = new DataView(buffer.buffer, start, 4).getUint32(0)
      const most = bytesMax()
      if (length > most) throw fail('message-too-large', `A peer announced a message of ${length} bytes.`, { expected: `at most ${most} bytes`, found: `${length}` })
      if (end - start - 4 < length) return null
      const bytes = buffer.slice(start + 4, start + 4 + length)
      start += 4 + length
      if (start === end) {
        buffer = new Uint8Array(0)
        start = 0
        end = 0
      }
      return bytes
    },
  }
}
