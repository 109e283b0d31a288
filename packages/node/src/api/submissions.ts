import { RefusedError, TelltaleError, bytesToHex, fail, verdictToError } from '@telltale/core'
import type { Submission } from '@telltale/core'
import type { Chain } from '@telltale/consensus'
import type { Ledger, LedgerReader } from '@telltale/ledger'

/** Refusals that are remembered for whoever asks later; about 500 bytes each. */
const REFUSED_MAX = 10_000
/** Of these the newest, told to whoever listens to events. */
const RECENT_MAX = 256

/** How far a sender waits: until the node has taken a transaction in, which promises nothing, or until it is certified. */
export type Wait = 'accepted' | 'certified'

/** What became of one transaction. */
export type Outcome =
  | { status: 'certified'; id: string; index: number; height: number }
  | { status: 'final'; id: string; index: number; height: number }
  | { status: 'pending'; id: string }
  /** `refusal`: the authority's signed refusal, where sending it again can never help. */
  | { status: 'refused'; id: string | null; error: TelltaleError; refusal: Uint8Array | null }
  /** The node does not know: it is stopping, full or failed. Send it again. */
  | { status: 'unknown'; id: string | null; error: TelltaleError }

export interface Refused {
  /** Counts refusals from 1 since the node started. */
  number: number
  id: string
  code: string
  iss: string
  sub: string
  error: TelltaleError
}

/** Transactions on their way through this node: which wait, and which were refused lately. */
export interface Submissions {
  readonly pendingCount: number
  submit(submission: Submission, wait: Wait): Promise<Outcome>
  isPending(id: string): boolean
  refused(id: string): Refused | null
  /** Those after refusal `number`, oldest first, as far as they are remembered. */
  refusedSince(number: number): Refused[]
  readonly refusedCount: number
}

/** Codes after which nobody knows yet what becomes of a transaction. */
const UNDECIDED = new Set(['stopping', 'pool-full', 'commit-failed', 'disk-full', 'disk-failed', 'internal-error', 'verification-failed', 'store-failed'])

export function createSubmissions({ ledger, reader, chain, onRefused }: { ledger: Ledger; reader: LedgerReader; chain: Chain; onRefused: () => void }): Submissions {
  const pending = new Map<string, number>()
  const refused = new Map<string, Refused>()
  const recent: Refused[] = []
  let refusedCount = 0

  const remember = (entry: Omit<Refused, 'number'>): void => {
    refusedCount += 1
    const numbered = { ...entry, number: refusedCount }
    refused.delete(entry.id)
    refused.set(entry.id, numbered)
    if (refused.size > REFUSED_MAX) refused.delete(refused.keys().next().value as string)
    recent.push(numbered)
    if (recent.length > RECENT_MAX) recent.shift()
    onRefused()
  }
  const release = (id: string): void => {
    const count = (pending.get(id) ?? 1) - 1
    if (count === 0) pending.delete(id)
    else pending.set(id, count)
  }

  /** A transaction that is there already succeeded, whoever sent it first. */
  const standing = (id: Uint8Array): Outcome | null => {
    const index = reader.indexOf(id)
    if (index === null) return null
    return { status: statusAt(chain, index), id: bytesToHex(id), index, height: ledger.log.heightOf(index) }
  }

  return {
    get pendingCount() {
      return pending.size
    },
    get refusedCount() {
      return refusedCount
    },
    isPending: (id) => pending.has(id),
    refused: (id) => refused.get(id) ?? null,
    refusedSince: (number) => recent.filter((entry) => entry.number > number),
    async submit(submission, wait) {
      const read = ledger.read(submission.bytes)
      if (!read.ok) {
        return { status: 'refused', id: null, error: verdictToError(read.verdict), refusal: null }
      }
      const { transaction } = read.value
      const id = bytesToHex(read.value.id)
      pending.set(id, (pending.get(id) ?? 0) + 1)
      const outcome = chain.submitRead(read.value, submission.attachments).then(
        ({ index, height }): Outcome => {
          release(id)
          return { status: 'certified', id, index, height }
        },
        async (reason: unknown): Promise<Outcome> => {
          release(id)
          const error = reason instanceof TelltaleError ? reason : fail('internal-error', 'The node failed; its log says more.', { cause: reason })
          if (error.code === 'already-included') return standing(read.value.id) ?? { status: 'unknown', id, error }
          if (UNDECIDED.has(error.code)) return { status: 'unknown', id, error }
          remember({ id, code: error.code, iss: transaction.iss, sub: transaction.sub, error })
          return { status: 'refused', id, error, refusal: error instanceof RefusedError ? error.refusal : null }
        },
      )
      if (wait === 'certified') return outcome
      return Promise.race([outcome, nextTurn(id)])
    },
  }
}

/** What is refused at once is told at once; everything else waits for its block. */
async function nextTurn(id: string): Promise<Outcome> {
  await new Promise((resolve) => setImmediate(resolve))
  return { status: 'pending', id }
}

/** How firmly a transaction stands at a position of the log. */
export function statusAt(chain: Chain, index: number): 'final' | 'certified' {
  // With one authority a block is final as soon as it is there.
  return index < (chain.head?.checkpoint.size ?? 0) ? 'certified' : 'final'
}
