import { decodeQuestion } from '@telltale/consensus'
import type { Branches } from '@telltale/consensus'
import { encode, signStatement } from '@telltale/core'
import type { Participant } from '@telltale/core'
import type { SignedState, Store } from '@telltale/ledger'
import type { TestIdentity } from '@telltale/testing'

/**
 * A rule of all honest engines that is taken away, to see that a simulation finds out:
 * `forgotten-votes`: the file of what was voted is empty after each start, and nobody else remembers it either;
 * `sourceless-votes`: a vote may begin below the source of the last one, so that one may surround another;
 * `heaviest-head`: the head is the heaviest branch, whether it holds the highest justified block or not.
 */
export type Weakness = 'forgotten-votes' | 'sourceless-votes' | 'heaviest-head'

/** A store that keeps less of the votes than it was told. */
export function weakenStore<S extends Store>(store: S, weakness: Weakness | null): S {
  if (weakness !== 'forgotten-votes' && weakness !== 'sourceless-votes') return store
  let voted: SignedState['voted']
  const weak = Object.create(store) as S
  return Object.defineProperties<S>(weak, {
    signed: {
      get() {
        if (!store.signed) return null
        const { voted: kept, ...rest } = store.signed
        const known = weakness === 'forgotten-votes' ? voted : kept && { ...kept, sourceHeight: 0 }
        return known ? { ...rest, voted: known } : rest
      },
    },
    writeSigned: {
      async value(state: SignedState) {
        voted = state.voted
        const before = store.signed?.voted
        const isLower = before && (!state.voted || state.voted.targetHeight <= before.targetHeight || state.voted.sourceHeight < before.sourceHeight)
        const isHigher = isLower && state.voted && state.voted.targetHeight > before.targetHeight
        // The file itself refuses to be lowered; it is told as much as it takes.
        await store.writeSigned(isHigher ? { ...state, voted: { ...state.voted!, sourceHeight: before.sourceHeight } } : isLower ? { ...state, voted: before } : state)
      },
    },
  })
}

/** Has every authority say that it knows of nothing that another signed. */
export function weakenAnswers(honest: Participant, { address, signer }: TestIdentity, network: Uint8Array): Participant {
  return {
    ...honest,
    async onQuestion(peer, bytes) {
      const question = decodeQuestion(bytes)
      if (question.kind !== 'standing') return honest.onQuestion(peer, bytes)
      const { keyNumber, signature } = await signStatement('standing', network, [question.address, question.nonce, 0, 0, null, null], signer)
      return encode([address, keyNumber, 0, 0, null, null, signature])
    },
  }
}

/** The head as it is chosen without its rule. */
export function heaviestHead({ branches }: { branches: Branches }): ReturnType<Branches['heaviest']> {
  return branches.heaviest(branches.root)
}
