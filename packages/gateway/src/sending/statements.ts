import { TelltaleError, fail, hexToBytes, signTransaction } from '@telltale/core'
import type { Signer, Submission, SubmissionAnswer } from '@telltale/core'
import type { GatewayEvent, Submitter } from '../components.ts'
import { RELAYED_MAX, RETRY_MS_MAX, RETRY_MS_MIN, UPSTREAM_RETRY_MS_MAX } from '../limits.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Judgement } from './judgement.ts'

export interface StatementComponents {
  outbox: Outbox
  submitter: Submitter
  network: Uint8Array
  judge(answer: SubmissionAnswer, submission: Submission): Promise<Judgement>
  signer: Signer
  address: string
  delayMs: number
  report(event: GatewayEvent): void
}

/** States in the ledger, under the gateway's own key, what it passed on and until when it had taken it (call 20). */
export interface Statements {
  wake(): void
  /** Why the last statement was not taken (`role-not-in-force`: the gateway is not admitted), or null. */
  readonly failure: string | null
  stop(): Promise<void>
}

const CALL_RELAY = 20
/** Refusals that say that the place of a statement is taken: another is signed for the next. */
const TAKEN = 'sequence-taken'

/**
 * One statement at a time. It is kept before it is sent, and the same bytes are sent until they are certified, so that no record is named twice
 * whenever the process ends.
 */
export function createStatements(components: StatementComponents): Statements {
  const { outbox, delayMs, report } = components
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> | null = null
  let attempts = 0
  let failure: string | null = null

  const wait = (ms: number): void => {
    if (stopping.signal.aborted) return
    timer = setTimeout(() => {
      timer = null
      running = run().finally(() => (running = null))
    }, ms)
    timer.unref()
  }
  const run = async (): Promise<void> => {
    let retryMsMax = RETRY_MS_MAX
    try {
      if (!outbox.statement) await signNext(components)
      failure = await sendStatement(components, stopping.signal)
      attempts = failure === null ? 0 : attempts + 1
      if (failure !== null && attempts === 1) report({ kind: 'statement-refused', code: failure, message: 'The statement about what was passed on was not taken; it is sent again.' })
    } catch (error) {
      const { code, message } = error instanceof TelltaleError ? error : fail('internal-error', 'The gateway failed; please report it.', { cause: error })
      failure = code
      if (code === 'internal-error' || code === 'outbox-failed') report({ kind: 'failed', code, message })
      attempts += 1
      retryMsMax = UPSTREAM_RETRY_MS_MAX
    }
    if (attempts > 0) wait(Math.min(retryMsMax, RETRY_MS_MIN * 2 ** (attempts - 1)))
    else if (outbox.unstated.size > 0) wait(outbox.unstated.size >= RELAYED_MAX ? 0 : delayMs)
  }
  const isDue = (): boolean => outbox.statement !== null || outbox.unstated.size > 0

  return {
    get failure() {
      return failure
    },
    wake() {
      if (!timer && !running && isDue()) wait(outbox.statement ? 0 : delayMs)
    },
    async stop() {
      stopping.abort()
      if (timer) clearTimeout(timer)
      await running
    },
  }
}

/** Signs a statement about what was certified first, and keeps it. Its time is when the last of these had been taken: so all of them were observed before. */
async function signNext({ outbox, submitter, signer, address, network }: StatementComponents): Promise<void> {
  const named = [...outbox.unstated].slice(0, RELAYED_MAX)
  if (named.length === 0) return
  const timeMs = Math.max(...named.map(([, takenMs]) => takenMs))
  const sequence = await submitter.counter(address, address)
  const args = [named.map(([id]) => hexToBytes(id)), timeMs]
  await outbox.keepStatement(await signTransaction({ network: network.subarray(0, 16), iss: address, sub: address, call: CALL_RELAY, sequence, args }, signer))
}

/** Sends the statement; null where it is certified or there is none, else the code of what stands in its way. */
async function sendStatement({ outbox, submitter, judge }: StatementComponents, signal: AbortSignal): Promise<string | null> {
  const { statement } = outbox
  if (!statement) return null
  const submission = { bytes: statement.bytes, attachments: [] }
  const [answer] = await submitter.submit([submission], signal)
  if (!answer) return 'unexpected-answer'
  const judged = await judge(answer, submission)
  if (judged.isFinal && judged.outcome.status === 'certified') {
    await outbox.endStatement('stated')
    return null
  }
  const code = judged.isFinal && judged.outcome.status === 'refused' ? judged.outcome.code : judged.isFinal ? null : judged.verdict.code
  if (code === TAKEN) await outbox.endStatement('withdrawn')
  return code
}
