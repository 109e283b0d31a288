import { TelltaleError, bytesToMapKey, checkReceipt, concatBytes, decodeRefusal, decodeTransaction, encode, equalBytes, errorToVerdict, isRefusalBy, isValidSignature, judge, transactionId } from '@telltale/core'
import type { Primitives, ReceiptTrust, SignatureCheck, Submission, SubmissionAnswer, Verdict } from '@telltale/core'
import type { Outcome } from '../outbox/state.ts'

/** Signatures that were found valid and are remembered: those of the newest checkpoints. */
const REMEMBERED_MAX = 64

/** Checks the signature of each checkpoint once: every receipt under it carries the same. */
export function rememberSignatures(primitives: Primitives): (check: SignatureCheck) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>()
  return (check) => {
    const key = bytesToMapKey(primitives.sha256(concatBytes(encode([check.key.algorithm, check.key.material, check.message]), check.signature)))
    const before = known.get(key)
    if (before) return before
    const checking = Promise.resolve(isValidSignature(check, primitives))
    known.set(key, checking)
    if (known.size > REMEMBERED_MAX) known.delete(known.keys().next().value as string)
    return checking
  }
}

/** What an answer is worth: an outcome that authorities signed, or a reason to send again. */
export type Judgement = { isFinal: true; outcome: Outcome } | { isFinal: false; verdict: Verdict }

/**
 * Judges answers by the authorities that are trusted; where a receipt names others, it is judged again once there was time to follow to them. Whoever asks at the same
 * time waits for the same.
 */
export function createJudge({ trust, follow, primitives }: { trust: ReceiptTrust; follow(): Promise<void>; primitives: Primitives }): (answer: SubmissionAnswer, submission: Submission) => Promise<Judgement> {
  let following: Promise<void> | null = null
  return async (answer, submission) => {
    const { set } = trust
    const judged = await judgeAnswer(answer, submission, trust, primitives)
    if (judged.isFinal || judged.verdict.code !== 'set-mismatch') return judged
    following ??= follow().finally(() => (following = null))
    await following
    return trust.set === set ? judged : judgeAnswer(answer, submission, trust, primitives)
  }
}

/** Only a receipt and a permanent refusal that an authority of the trusted set signed end the waiting of a record; everything else is hearsay. */
async function judgeAnswer(answer: SubmissionAnswer, { bytes }: Submission, trust: ReceiptTrust, primitives: Primitives): Promise<Judgement> {
  switch (answer.status) {
    case 'certified':
      return judgeReceipt(answer.receipt, bytes, trust, primitives)
    case 'refused':
      return (await judgeRefusal(answer.refusal, bytes, trust, primitives)) ?? { isFinal: false, verdict: errorToVerdict(answer.error) }
    case 'pending':
      return { isFinal: false, verdict: { code: 'not-certified-yet', message: 'The node has it and has not certified it yet.' } }
    case 'unknown':
      return { isFinal: false, verdict: errorToVerdict(answer.error) }
  }
}

async function judgeReceipt(receipt: Uint8Array | null, transaction: Uint8Array, trust: ReceiptTrust, primitives: Primitives): Promise<Judgement> {
  if (!receipt) return { isFinal: false, verdict: { code: 'not-certified', message: 'The node says that it is certified and brings no receipt.' } }
  try {
    const { index, height } = await checkReceipt(receipt, transaction, trust, primitives)
    return { isFinal: true, outcome: { status: 'certified', index, height, receipt } }
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    return { isFinal: false, verdict: errorToVerdict(error) }
  }
}

async function judgeRefusal(refusal: Uint8Array | null, transaction: Uint8Array, { network, set }: ReceiptTrust, primitives: Primitives): Promise<Judgement | null> {
  const read = refusal && judge(() => decodeRefusal(refusal))
  if (!read || !read.ok) return null
  const { isPermanent, id, code, expected, found } = read.value
  if (!isPermanent || !equalBytes(id, transactionId(decodeTransaction(transaction), primitives)) || !(await isRefusalBy(refusal, network, set, primitives))) return null
  const facts = [expected === null ? null : `expected ${expected}`, found === null ? null : `found ${found}`].filter((fact) => fact !== null)
  const message = ['An authority refused it for good', ...facts].join(', ')
  return { isFinal: true, outcome: { status: 'refused', code, message: `${message}.`, refusal } }
}
