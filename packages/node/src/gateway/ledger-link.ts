import { asUint, decode, encodeLinks, fail, hexToBytes } from '@telltale/core'
import type { PublicKey, Submission, SubmissionAnswer } from '@telltale/core'
import type { Questions, Registry, Submitter } from '@telltale/gateway'
import { counterKey } from '@telltale/ledger'
import type { ApiContext } from '../api/context.ts'
import { linksFrom } from '../api/resources/network.ts'
import { stateAnswer } from '../api/resources/proofs.ts'
import { RECORDS_MAX, recordsAnswer, streamAnswer } from '../api/resources/streams.ts'
import { submitAll } from '../api/resources/transactions.ts'
import { findIdentity } from '../api/state-entries.ts'
import { statusAt } from '../api/submissions.ts'
import type { Outcome } from '../api/submissions.ts'

/** The way of a gateway to the ledger of the node that it runs in: what the node's API does and answers, with no HTTP between. */
export interface LedgerLink {
  submitter: Submitter
  registry: Registry
  questions: Questions
}

export function createLedgerLink(context: ApiContext): LedgerLink {
  const { chain, ledger, reader } = context
  return {
    submitter: {
      submit: (batch, signal) => unlessAborted(signal, answersTo(context, batch)),
      async counter(iss, sub) {
        const { value } = reader.state(counterKey(iss, sub))
        return value ? asUint(decode(value), 'counter') : 0
      },
      async certified(id) {
        const index = reader.indexOf(hexToBytes(id))
        if (index === null || statusAt(chain, index) !== 'certified') return null
        return { index, height: ledger.log.heightOf(index), receipt: await chain.receipt(index) }
      },
    },
    registry: {
      async find(address) {
        const row = findIdentity(context, address)
        if (!row?.roles.some(({ value }) => value.name === 'device')) return null
        return { keys: new Map(row.keys.map(({ value: { number, key } }): [number, PublicKey] => [number, key])) }
      },
    },
    questions: {
      state: (key) => stateAnswer(context, key),
      links: async (setHash) => encodeLinks(linksFrom(context, setHash)),
      stream: async (device, name) => streamAnswer(context, device, name),
      async records(device, name, page) {
        if (page.limit < 1 || page.limit > RECORDS_MAX) throw fail('malformed-request', `A page has 1 to ${RECORDS_MAX} records.`, { expected: `1 to ${RECORDS_MAX}`, found: String(page.limit) })
        return recordsAnswer(context, device, name, page)
      },
    },
  }
}

async function answersTo(context: ApiContext, batch: Submission[]): Promise<SubmissionAnswer[]> {
  const outcomes = await submitAll(context, batch, 'certified')
  return Promise.all(outcomes.map((outcome) => answerOf(context, outcome)))
}

async function answerOf({ chain }: ApiContext, outcome: Outcome): Promise<SubmissionAnswer> {
  switch (outcome.status) {
    case 'certified':
      return { status: 'certified', index: outcome.index, height: outcome.height, receipt: await chain.receipt(outcome.index) }
    case 'final':
    case 'pending':
      return { status: 'pending' }
    case 'refused':
      return { status: 'refused', error: outcome.error, refusal: outcome.refusal }
    case 'unknown':
      return { status: 'unknown', error: outcome.error }
  }
}

/** A ledger that has come to a stand answers nobody: whoever stops the gateway does not wait for that. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let leave = (): void => undefined
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(fail('stopping', 'The gateway is stopping; what waits is sent at the next start.'))
    signal.addEventListener('abort', leave)
  })
  if (signal.aborted) leave()
  try {
    return await Promise.race([work, left])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
