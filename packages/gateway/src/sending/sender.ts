import { TelltaleError } from '@telltale/core'
import type { Submission, SubmissionAnswer } from '@telltale/core'
import type { GatewayEvent, Submitter } from '../components.ts'
import { BATCHES_MAX, BATCH_MIN, LINGER_MS, RETRY_MS_MIN, UPSTREAM_RETRY_MS_MAX } from '../limits.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Outcome, WaitingRecord } from '../outbox/state.ts'
import type { Judgement } from './judgement.ts'
import { createLanes } from './lanes.ts'
import type { RefusedFolder } from './refused-folder.ts'

export interface SenderComponents {
  outbox: Outbox
  refused: RefusedFolder
  submitter: Submitter
  judge(answer: SubmissionAnswer, submission: Submission): Promise<Judgement>
  random(): number
  report(event: GatewayEvent): void
  /** Called when records got their outcome. */
  onSettled(): void
}

/** Sends what waits until authorities have signed what became of it. */
export interface Sender {
  add(records: WaitingRecord[]): void
  /** Why the node cannot be reached, or null. */
  readonly upstreamFailure: string | null
  /** How often each code was given as a reason to send again. */
  readonly delays: ReadonlyMap<string, number>
  /** Records that got their outcome. */
  readonly settled: number
  /** Sends what can be sent now and waits for it, until the signal fires; what was put off stays. */
  flush(signal: AbortSignal): Promise<void>
  /** Nothing new is sent; what is under way is waited for. */
  stop(): Promise<void>
}

export function createSender(components: SenderComponents): Sender {
  const { outbox, report } = components
  const underWay = new Set<Promise<void>>()
  const stopping = new AbortController()
  const delays = new Map<string, number>()
  /** Set while the node cannot be reached: nothing is sent until it fires. */
  let pause: { timer: NodeJS.Timeout; code: string } | null = null
  let failures = 0
  let settledCount = 0
  let linger: NodeJS.Timeout | null = null
  const lanes = createLanes(() => wake(), components.random)

  const wake = (): void => {
    if (stopping.signal.aborted || pause || linger || underWay.size >= BATCHES_MAX) return
    const count = lanes.readyCount(BATCH_MIN)
    if (count === 0) return
    if (count >= BATCH_MIN) send()
    else
      linger = setTimeout(() => {
        linger = null
        if (!stopping.signal.aborted && !pause && underWay.size < BATCHES_MAX && lanes.readyCount(1) > 0) send()
      }, LINGER_MS)
  }
  const send = (): void => {
    const sending: Promise<void> = sendBatch(lanes.take()).finally(() => {
      underWay.delete(sending)
      wake()
    })
    underWay.add(sending)
    wake()
  }
  const sendBatch = async (batch: WaitingRecord[]): Promise<void> => {
    let settled: ReadonlySet<string> = new Set()
    let isUntouched = false
    try {
      const submissions = await Promise.all(batch.map(({ id }) => outbox.submission(id)))
      const answers = await components.submitter.submit(submissions, stopping.signal)
      reached()
      settled = await settle(components, delays, batch, submissions, answers)
      settledCount += settled.size
    } catch (error) {
      const { code } = lost(error)
      // Who will not read the request as it is will not read it better the next time.
      isUntouched = code !== 'upstream-refused'
    } finally {
      lanes.giveBack(batch, settled, isUntouched)
    }
  }
  const reached = (): void => {
    if (failures > 0) report({ kind: 'upstream-back' })
    failures = 0
    if (pause) clearTimeout(pause.timer)
    pause = null
  }
  const lost = (error: unknown): TelltaleError => {
    const coded = error instanceof TelltaleError ? error : new TelltaleError('internal-error', 'The gateway failed; please report it.', { cause: error })
    if (stopping.signal.aborted) return coded
    delays.set(coded.code, (delays.get(coded.code) ?? 0) + 1)
    if (coded.code === 'outbox-failed' || coded.code === 'internal-error') report({ kind: 'failed', code: coded.code, message: coded.message })
    else if (failures === 0) report({ kind: 'upstream-lost', code: coded.code, message: coded.message })
    if (coded.code === 'upstream-refused' || pause) return coded
    failures += 1
    const delayMs = Math.min(UPSTREAM_RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (failures - 1)) * (0.5 + components.random() / 2)
    const timer = setTimeout(() => {
      pause = null
      wake()
    }, delayMs)
    timer.unref()
    pause = { timer, code: coded.code }
    return coded
  }

  return {
    get upstreamFailure() {
      return pause?.code ?? null
    },
    delays,
    get settled() {
      return settledCount
    },
    add(records) {
      for (const record of records) lanes.add(record)
    },
    async flush(signal) {
      const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      while (!signal.aborted && !stopping.signal.aborted) {
        if (!pause && underWay.size < BATCHES_MAX && lanes.readyCount(1) > 0) send()
        else if (underWay.size > 0) await Promise.race([...underWay, ended])
        else return
      }
    },
    async stop() {
      stopping.abort()
      if (pause) clearTimeout(pause.timer)
      if (linger) clearTimeout(linger)
      await Promise.all(underWay)
      lanes.stop()
    },
  }
}

/** Writes down what became of a batch; the answer names what need not be sent again. */
async function settle({ outbox, refused, judge, report, onSettled }: SenderComponents, delays: Map<string, number>, batch: WaitingRecord[], submissions: Submission[], answers: SubmissionAnswer[]): Promise<Set<string>> {
  const outcomes = new Map<string, Outcome>()
  const judgements = await Promise.all(answers.map((answer, i) => judge(answer, submissions[i] as Submission)))
  for (const [i, record] of batch.entries()) {
    const judged = judgements[i] as Judgement
    if (!judged.isFinal) {
      delays.set(judged.verdict.code, (delays.get(judged.verdict.code) ?? 0) + 1)
      continue
    }
    const { outcome } = judged
    // Durable in its folder before it leaves the outbox: a crash between the two only keeps it twice under one name.
    if (outcome.status === 'refused') await refused.keep(record, submissions[i] as Submission, outcome)
    if (outcome.status === 'refused') report({ kind: 'refused', id: record.id, code: outcome.code })
    outcomes.set(record.id, outcome)
  }
  await outbox.settle(outcomes)
  if (outcomes.size > 0) onSettled()
  return new Set(outcomes.keys())
}
