import type { Stream } from '@libp2p/interface'
import { createFrameReader } from './frame.ts'

/**
 * Reads the messages of a stream, one after the other: while `onMessage` is not done the peer is not let send more than a window.
 * `bytesMax` says what a message may have now. Resolves when the stream has ended; rejects where it broke off, or announced a message that is too large (`message-too-large`).
 */
export function readMessages(stream: Stream, bytesMax: () => number, onMessage: (bytes: Uint8Array) => void | Promise<void>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const reader = createFrameReader(bytesMax)
  let isReading = false
  let isEnded = false
  const read = async (): Promise<void> => {
    if (isReading) return
    isReading = true
    try {
      for (let message = reader.next(); message !== null; message = reader.next()) {
        const done = onMessage(message)
        if (done === undefined) continue
        if (stream.readStatus === 'readable') stream.pause()
        await done
        // What came meanwhile is pushed before this returns.
        if (stream.readStatus === 'paused') stream.resume()
      }
    } catch (error) {
      reject(error)
    }
    isReading = false
    if (isEnded) resolve()
  }
  stream.addEventListener('message', ({ data }) => {
    reader.push(data.subarray())
    void read()
  })
  stream.addEventListener('end', () => {
    isEnded = true
    if (!isReading) resolve()
  })
  stream.addEventListener('close', ({ error }) => (error ? reject(error) : resolve()))
  // Ended before anybody listened.
  if (stream.readableEnded) resolve()
  return promise
}
