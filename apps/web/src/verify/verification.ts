import type { Answer, AskedQuestion } from './answer.ts'
import VerificationWorker from './verification-worker.ts?worker&inline'

/** What went wrong, in the terms of the error codes. */
export interface Problem {
  code: string
  message: string
  expected?: string
  found?: string
}

export interface VerificationTask {
  id: number
  bytes: Uint8Array
  question: AskedQuestion
}

export type VerificationReply = { id: number; answer: Answer } | { id: number; problem: Problem }

export type Outcome = { answer: Answer } | { problem: Problem }

let worker: Worker | null = null
let lastId = 0

/** Verifies a certificate beside the page, so that it keeps answering; the file never leaves this device. */
export async function verify(bytes: Uint8Array, question: AskedQuestion): Promise<Outcome> {
  const running = (worker ??= new VerificationWorker())
  const id = ++lastId
  return new Promise((resolve) => {
    const stop = (outcome: Outcome): void => {
      running.removeEventListener('message', onMessage)
      running.removeEventListener('error', onError)
      resolve(outcome)
    }
    const onMessage = ({ data }: MessageEvent<VerificationReply>): void => {
      if (data.id === id) stop(data)
    }
    const onError = ({ message }: ErrorEvent): void => {
      worker = null
      stop({ problem: { code: 'internal-error', message: message || 'The verifier could not start in this browser.' } })
    }
    running.addEventListener('message', onMessage)
    running.addEventListener('error', onError)
    running.postMessage({ id, bytes, question } satisfies VerificationTask)
  })
}
