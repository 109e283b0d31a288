import type { Connection, Stream } from '@libp2p/interface'
import { TelltaleError, fail } from '@telltale/core'
import { ANSWER_BYTES_MAX, ANSWER_MS_MAX, QUESTION_BYTES_MAX, STREAM_MS_MAX } from '../limits.ts'
import { encodeFrame } from './frame.ts'
import { readMessages } from './stream-reader.ts'
import type { Turns } from './turns.ts'

/** One question and its answer, on a stream of their own. */
export const QUESTION_PROTOCOL = '/telltale/question/1'

/** Codes: `peer-gone`, `peer-slow`, `answer-too-large`. */
export async function askOver(connection: Connection, turns: Turns, question: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(timeoutMs)
  let stream: Stream | null = null
  let endTurn: (() => void) | null = null
  try {
    // A peer answers so many at once and refuses the stream of one more.
    endTurn = await turns.take(signal)
    stream = await connection.newStream(QUESTION_PROTOCOL, { signal })
    stream.send(encodeFrame(question))
    const answer = await firstMessage(stream, ANSWER_BYTES_MAX, signal)
    await stream.close({ signal })
    return answer
  } catch (cause) {
    stream?.abort(cause as Error)
    if (signal.aborted) throw fail('peer-slow', `The peer did not answer within ${timeoutMs} ms.`, { expected: `an answer within ${timeoutMs} ms`, found: 'none', cause })
    if (cause instanceof TelltaleError && cause.code === 'message-too-large') throw fail('answer-too-large', 'The answer is larger than any may be; ask for less at a time.', { expected: `at most ${ANSWER_BYTES_MAX} bytes`, found: cause.found ?? 'more', cause })
    throw fail('peer-gone', 'The connection to the peer ended before it answered; ask another.', { expected: 'an answer', found: 'the end of the connection', cause })
  } finally {
    endTurn?.()
  }
}

/** Answers what a peer asks on a stream that it opened (`message-too-large`; whatever else goes wrong ends the stream only). */
export async function answerOn(stream: Stream, answer: (question: Uint8Array) => Promise<Uint8Array>): Promise<void> {
  try {
    const question = await firstMessage(stream, QUESTION_BYTES_MAX, AbortSignal.timeout(STREAM_MS_MAX))
    stream.send(encodeFrame(await answer(question)))
    await stream.close({ signal: AbortSignal.timeout(ANSWER_MS_MAX) })
  } catch (error) {
    stream.abort(error as Error)
    if (error instanceof TelltaleError) throw error
  }
}

/** The first message of a stream; more than one is no answer to anything and stays unread. */
async function firstMessage(stream: Stream, bytesMax: number, signal: AbortSignal): Promise<Uint8Array> {
  const first = Promise.withResolvers<Uint8Array>()
  const onAbort = (): void => first.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  readMessages(stream, () => bytesMax, (bytes) => first.resolve(bytes)).then(
    () => first.reject(fail('peer-gone', 'The stream ended without a message.', { expected: 'a message', found: 'the end' })),
    first.reject,
  )
  try {
    return await first.promise
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
