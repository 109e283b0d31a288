import type { Stream } from '@libp2p/interface'
import { QUEUE_BYTES_MAX, QUEUE_MESSAGES_MAX } from '../limits.ts'
import { encodeFrame } from './frame.ts'

/** What waits to be written to one peer: bounded, in order, never waited for by who puts it there. */
export interface Outbox {
  /** False where it was dropped because the queue is full. */
  push(bytes: Uint8Array): boolean
  readonly dropped: number
  /** Takes nothing more; resolves when all that waits was handed to the connection, or could not be. */
  close(signal: AbortSignal): Promise<void>
}

/** `onBroken` is called once, with `peer-slow` where the peer read too little for `slowMsMax`, otherwise with `peer-gone`. */
export function createOutbox(stream: Stream, slowMsMax: number, onBroken: (code: 'peer-slow' | 'peer-gone') => void): Outbox {
  const queue: Uint8Array[] = []
  let queuedBytes = 0
  let dropped = 0
  let fullSinceMs: number | null = null
  let isClosed = false
  let isWriting = false
  let written: Promise<void> = Promise.resolve()

  const breakOff = (code: 'peer-slow' | 'peer-gone'): void => {
    if (isClosed) return
    isClosed = true
    queue.length = 0
    onBroken(code)
  }
  const write = async (): Promise<void> => {
    isWriting = true
    while (queue.length > 0) {
      // What is sent while the stream is full would wait in memory without a bound.
      if (stream.writableNeedsDrain && !(await drains(stream, slowMsMax))) return breakOff(stream.status === 'open' ? 'peer-slow' : 'peer-gone')
      const bytes = queue.shift()
      if (bytes === undefined) return
      queuedBytes -= bytes.length
      if (queuedBytes < QUEUE_BYTES_MAX / 2 && queue.length < QUEUE_MESSAGES_MAX / 2) fullSinceMs = null
      try {
        stream.send(encodeFrame(bytes))
      } catch {
        // Only a stream that is closed refuses bytes.
        return breakOff('peer-gone')
      }
    }
    isWriting = false
  }
  return {
    get dropped() {
      return dropped
    },
    push(bytes) {
      if (isClosed) return false
      if (queuedBytes + bytes.length > QUEUE_BYTES_MAX || queue.length >= QUEUE_MESSAGES_MAX) {
        dropped += 1
        fullSinceMs ??= performance.now()
        if (performance.now() - fullSinceMs > slowMsMax) breakOff('peer-slow')
        return false
      }
      queue.push(bytes)
      queuedBytes += bytes.length
      if (!isWriting) written = write()
      return true
    },
    async close(signal) {
      // Whatever comes from here on is our own doing.
      isClosed = true
      await written
      await stream.close({ signal })
    },
  }
}

async function drains(stream: Stream, timeoutMs: number): Promise<boolean> {
  try {
    await stream.onDrain({ signal: AbortSignal.timeout(timeoutMs) })
    return true
  } catch {
    // Too slow or gone; the state of the stream tells which.
    return false
  }
}
