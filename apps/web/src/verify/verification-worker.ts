/// <reference lib="webworker" />
import { TelltaleError, bytesToHex, createWebPrimitives, decodePin, fail, hexToBytes, portable } from '@telltale/core'
import type { SubtleVerifier } from '@telltale/core'
import { decodeCertificate, verifyCertificate } from '@telltale/certificate'
import type { Question, Verification } from '@telltale/certificate'
import { problemOf } from '../api/problem.ts'
import { toAnswer } from './answer.ts'
import type { AskedQuestion, Flaws } from './answer.ts'
import type { VerificationReply, VerificationTask } from './verification.ts'

declare const self: DedicatedWorkerGlobalScope

/** Without a secure context there is no WebCrypto; the portable primitives say the same, more slowly. */
const primitives = (self.crypto.subtle as SubtleCrypto | undefined) === undefined ? portable : createWebPrimitives(self.crypto.subtle as unknown as SubtleVerifier)

self.addEventListener('message', ({ data }: MessageEvent<VerificationTask>) => void answer(data).then((reply) => self.postMessage(reply)))

async function answer({ id, bytes, question }: VerificationTask): Promise<VerificationReply> {
  try {
    const startedMs = performance.now()
    const flaws: Flaws = {}
    const asked = questionOf(question, bytes, flaws)
    const verification = await verifyReadable(bytes, asked, flaws)
    return { id, answer: toAnswer(verification, performance.now() - startedMs, flaws) }
  } catch (error) {
    return { id, problem: problemOf(error) }
  }
}

/** Somebody who is still typing a figure is told so at the field; the rest is answered all the same. */
async function verifyReadable(bytes: Uint8Array, question: Question, flaws: Flaws): Promise<Verification> {
  try {
    return await verifyCertificate(bytes, question, primitives)
  } catch (error) {
    if (!(error instanceof TelltaleError) || question.reading === undefined || !UNREADABLE.has(error.code)) throw error
    const { reading: _, ...rest } = question
    const verification = await verifyCertificate(bytes, rest, primitives)
    flaws.reading = problemOf(error)
    return verification
  }
}

/** What `readClaim` says of a figure that is none. */
const UNREADABLE = new Set(['malformed-reading', 'number-out-of-range'])

function questionOf({ network, trusted, checkpoint, reading, vin }: AskedQuestion, bytes: Uint8Array, flaws: Flaws): Question {
  const understand = <T>(part: keyof Flaws, read: () => T): T | null => {
    try {
      return read()
    } catch (error) {
      flaws[part] = problemOf(error)
      return null
    }
  }
  const fingerprint = network === '' ? trustedFingerprint(bytes, trusted) : understand('network', () => fingerprintToBytes(network))
  const pin = checkpoint && understand('checkpoint', () => decodePin(checkpoint))
  return {
    trust: { ...(fingerprint ? { network: fingerprint } : {}), ...(pin ? { checkpoint: pin } : {}) },
    ...(reading === '' ? {} : { reading }),
    ...(vin === '' ? {} : { vin }),
  }
}

function trustedFingerprint(bytes: Uint8Array, trusted: readonly string[]): Uint8Array | null {
  if (trusted.length === 0) return null
  const { network } = decodeCertificate(bytes)
  return trusted.includes(bytesToHex(network)) ? network : null
}

function fingerprintToBytes(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(digits)) throw fail('wrong-shape', 'A network is named by its whole fingerprint.', { expected: '64 hexadecimal digits', found: `${digits.length} characters` })
  return hexToBytes(digits)
}
