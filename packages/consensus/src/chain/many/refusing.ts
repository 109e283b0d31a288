import { RefusedError, TelltaleError, decodeRefusal, equalBytes, fail, isRefusalBy, judge } from '@telltale/core'
import type { Verdict } from '@telltale/core'
import { isPermanentAmongSeveral, networkAt, setAt } from '@telltale/ledger'
import type { Position, ReadTransaction } from '@telltale/ledger'
import { createRefusals, maySignRefusal } from '../refusal.ts'
import type { EngineCore } from './core.ts'
import { ASK_MS_MAX, REFUSERS_ASKED_MAX } from './limits.ts'
import { encodeQuestion } from './messages.ts'

/** What senders are told whose transaction is refused, and what this node signs of it for others. */
export interface Refusing {
  /** The error for a sender; for a device, where sending it again can never help, with a refusal that an authority signed: this one, or one that is asked. */
  answer(read: ReadTransaction, error: unknown): Promise<unknown>
  /** Answers a node that asks for the refusal of a transaction (`not-an-authority`, `not-refused`). */
  refuse(bytes: Uint8Array): Promise<Uint8Array>
}

export async function createRefusing(core: EngineCore): Promise<Refusing> {
  const { ledger, primitives, verifier, clock, exchange, signing } = core
  const own = signing && (await createRefusals({ ledger, primitives, clock, signer: signing.signer, address: signing.address }))
  const set = () => setAt(networkAt(core.branches.root.position), core.branches.root.height + 1)
  const isAuthority = (): boolean => signing !== null && set().some(({ address, keyNumber }) => address === signing.address && keyNumber === signing.signer.keyNumber)

  const verdictAt = async (read: ReadTransaction, position: Position): Promise<Verdict | null> => {
    const required = ledger.signatures(read, position)
    if (!Array.isArray(required)) return required
    if (!(await verifier.verify(required))) return { code: 'invalid-signature', message: 'A signature of the transaction does not hold.' }
    // By the time of the ledger: a clock that is ahead must not end what still holds.
    return ledger.check(read, position.timeMs + 1, position)
  }
  /** Why it is refused for good, by what is final; another branch cannot change that, nor a block that this node has not heard of. */
  const verdictForGood = async (read: ReadTransaction): Promise<Verdict | null> => {
    const verdict = await verdictAt(read, core.branches.root.position)
    return verdict && !core.head.position.has(read.id) && isPermanentAmongSeveral(verdict.code) ? verdict : null
  }
  const signed = async (read: ReadTransaction, verdict: Verdict): Promise<TelltaleError> => own!.answer(read, verdict, false)

  /** Asks those who are connected until an authority signs. */
  const ask = async (read: ReadTransaction): Promise<Uint8Array | null> => {
    for (const peer of exchange.peers().slice(0, REFUSERS_ASKED_MAX)) {
      try {
        const refusal = await exchange.ask(peer, encodeQuestion({ kind: 'refusal', transaction: read.transaction.bytes }), ASK_MS_MAX)
        const held = judge(() => decodeRefusal(refusal))
        if (held.ok && held.value.isPermanent && equalBytes(held.value.id, read.id) && (await isRefusalBy(refusal, ledger.network, set(), primitives))) return refusal
      } catch (error) {
        // It is no authority, does not agree, or is gone: the next one is asked.
        if (!(error instanceof TelltaleError)) throw error
      }
    }
    return null
  }

  return {
    async answer(read, error) {
      if (!(error instanceof TelltaleError) || !isPermanentAmongSeveral(error.code)) return error
      const verdict = await verdictForGood(read)
      if (!verdict) return error
      if (isAuthority()) return signed(read, verdict)
      const refusal = (await maySignRefusal({ ledger, primitives }, read, verdict, false)) ? await ask(read) : null
      return refusal ? new RefusedError(error, refusal) : error
    },
    async refuse(bytes) {
      if (!isAuthority()) throw fail('not-an-authority', 'Only authorities refuse a transaction for good.', { expected: 'an authority', found: 'a node that holds and checks' })
      const read = ledger.read(bytes)
      const verdict = read.ok ? await verdictForGood(read.value) : null
      const answer = read.ok && verdict ? await signed(read.value, verdict) : null
      if (answer instanceof RefusedError) return answer.refusal
      throw fail('not-refused', 'This authority does not refuse the transaction for good.', { expected: 'a transaction of a device that can never be taken', found: read.ok ? (verdict?.code ?? 'one that may be') : read.verdict.code })
    },
  }
}
