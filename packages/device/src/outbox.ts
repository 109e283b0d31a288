import { RefusedError, TelltaleError, decodeRefusal, decodeTransaction, equalBytes, isName, isRefusalBy, judge, signTransaction, transactionId } from '@telltale/core'
import type { Cbor, RefusedTransaction } from '@telltale/core'
import type { DeviceComponents } from './components.ts'
import type { Journal } from './journal.ts'
import type { EpochName, PendingTransaction, StreamState } from './state.ts'

/** What a device has signed and the ledger has not certified yet. */
export interface Outbox {
  /** Signs the next transaction of a stream; it stays in memory until the journal is saved. */
  write(stream: string, current: StreamState, call: number, args: Cbor[], attachments: Uint8Array[]): Promise<void>
  /** Signs what the device says about itself or notes about a stream. */
  say(sub: string, call: number, args: Cbor[], attachments: Uint8Array[], erases?: EpochName): Promise<void>
  /** Sends everything, and saves what became of it. What failed for the moment stays; the first such failure is thrown. */
  send(): Promise<void>
  /** Puts transactions aside that can never be certified; durable when it returns. */
  putAside(refused: Rejected[]): Promise<void>
  readonly refused: RefusedTransaction[]
}

export interface Rejected {
  transaction: PendingTransaction
  code: string
  message: string
  refusal: Uint8Array | null
}

/** An answer that means that the ledger holds it already. */
const ALREADY = 'already-included'

export function createOutbox(components: DeviceComponents, journal: Journal): Outbox {
  const { signer, address, network, submitter, primitives } = components
  const { state } = journal
  const refused: RefusedTransaction[] = []

  const sign = (sub: string, call: number, sequence: number, args: Cbor[]): Promise<Uint8Array> => signTransaction({ network: network.subarray(0, 16), iss: address, sub, call, sequence, args }, signer)

  /** The signed refusal that lets a transaction leave the outbox, or null: an error alone is hearsay. */
  const permanentRefusal = async (error: TelltaleError, { bytes }: PendingTransaction): Promise<Uint8Array | null> => {
    if (!(error instanceof RefusedError)) return null
    const { refusal } = error
    const read = judge(() => decodeRefusal(refusal))
    if (!read.ok || !read.value.isPermanent || !equalBytes(read.value.id, transactionId(decodeTransaction(bytes), primitives))) return null
    return (await isRefusalBy(refusal, network, state.pin.set, primitives)) ? refusal : null
  }

  const putAside = async (rejected: Rejected[]): Promise<void> => {
    if (rejected.length === 0) return
    for (const { transaction, code, message, refusal } of rejected) {
      const { sub, sequence, bytes, attachments } = transaction
      const kept = { sub, sequence, bytes, attachments, code, message, refusal }
      // Durable before it leaves the outbox: a crash between the two only keeps it twice under one name.
      await components.refused.keep(kept)
      refused.push(kept)
      if (!isName(sub)) continue
      state.surfaced.push({ stream: sub, sequence, bytes })
      // What we believe about this stream is wrong: the next record asks the ledger where it stands.
      const known = state.streams.get(sub)
      if (known) state.streams.set(sub, { ...known, next: Math.min(known.next, sequence), head: null })
    }
    const gone = new Set(rejected.map((item) => item.transaction))
    state.pending = state.pending.filter((transaction) => !gone.has(transaction))
    journal.touch()
  }

  const judgeAnswers = async (sent: PendingTransaction[], answers: PromiseSettledResult<unknown>[]): Promise<Outcome> => {
    const outcome: Outcome = { certified: new Set(), rejected: [], renumbered: new Set(), failure: null }
    const waiting = new Set<string>()
    for (const [i, answer] of answers.entries()) {
      const transaction = sent[i] as PendingTransaction
      const { sub } = transaction
      const error: unknown = answer.status === 'rejected' ? answer.reason : null
      if (error === null || (error instanceof TelltaleError && error.code === ALREADY)) {
        outcome.certified.add(transaction)
        continue
      }
      // What comes after something that has to be sent again is judged when its turn comes.
      const refusal = error instanceof TelltaleError && !waiting.has(sub) ? await permanentRefusal(error, transaction) : null
      const isAfterRejected = outcome.rejected.some((item) => item.transaction.sub === sub)
      if (refusal) outcome.rejected.push({ transaction, code: (error as TelltaleError).code, message: (error as TelltaleError).message, refusal })
      // A record names its predecessor, so that what continues a refused one can never be accepted; anything else only needs another number.
      else if (isAfterRejected && isName(sub)) outcome.rejected.push({ transaction, code: 'follows-refused', message: 'The record continues one that was refused.', refusal: null })
      else if (isAfterRejected) outcome.renumbered.add(sub)
      else {
        waiting.add(sub)
        outcome.failure ??= { reason: error }
      }
    }
    return outcome
  }

  /** Numbers and signs what waits about a subject anew. Only records have places that may not be signed for twice. */
  const renumber = async (sub: string): Promise<void> => {
    let sequence = await submitter.counter(address, sub)
    for (const transaction of state.pending.filter((item) => item.sub === sub)) {
      const { call, args } = decodeTransaction(transaction.bytes)
      Object.assign(transaction, { sequence, bytes: await sign(sub, call, sequence, args) })
      sequence += 1
    }
    journal.touch()
  }

  const send = async (): Promise<void> => {
    const sent = [...state.pending]
    const answers = await Promise.allSettled(sent.map(({ bytes, attachments }) => submitter.submit({ bytes, attachments })))
    const { certified, rejected, renumbered, failure } = await judgeAnswers(sent, answers)
    for (const { erases } of certified) if (erases) state.erasures.push(erases)
    state.pending = state.pending.filter((transaction) => !certified.has(transaction))
    if (certified.size > 0) journal.touch()
    await putAside(rejected)
    for (const sub of renumbered) await renumber(sub)
    await journal.save()
    if (failure) throw failure.reason
    // Each round refuses something, so that this ends.
    if (renumbered.size > 0) await send()
  }

  return {
    refused,
    putAside,
    async write(stream, current, call, args, attachments) {
      const bytes = await sign(stream, call, current.next, args)
      state.pending.push({ sub: stream, sequence: current.next, bytes, attachments, erases: null })
      state.streams.set(stream, { ...current, next: current.next + 1, head: transactionId(decodeTransaction(bytes), primitives) })
      journal.touch()
    },
    async say(sub, call, args, attachments, erases) {
      const waiting = state.pending.filter((transaction) => transaction.sub === sub).map((transaction) => transaction.sequence + 1)
      const sequence = Math.max(await submitter.counter(address, sub), ...waiting)
      state.pending.push({ sub, sequence, bytes: await sign(sub, call, sequence, args), attachments, erases: erases ?? null })
      journal.touch()
    },
    send,
  }
}

/** What became of what was sent. */
interface Outcome {
  certified: Set<PendingTransaction>
  rejected: Rejected[]
  /** Subjects whose statements have to be numbered anew, because one before them was refused. */
  renumbered: Set<string>
  /** The first failure that may pass, in an object of its own: anything can be thrown. */
  failure: { reason: unknown } | null
}
