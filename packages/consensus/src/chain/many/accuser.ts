import { TelltaleError, bytesToAddress, encodeSubmissions, signTransaction } from '@telltale/core'
import { counterKey, encodeSealedHeader, encodeVote, evidenceArgs } from '@telltale/ledger'
import type { Block } from '@telltale/ledger'
import type { EngineCore, Signing } from './core.ts'
import type { Intake } from './intake.ts'
import type { DoubleVote } from './vote-book.ts'

/** Puts into the ledger what an authority signed against itself, once for each: whoever holds both statements does, and the first counts. */
export interface Accuser {
  votes(doubled: DoubleVote): Promise<void>
  seals(one: Block, other: Block): Promise<void>
}

const CALL_EVIDENCE = 34

export function createAccuser({ ledger, exchange }: EngineCore, signing: Signing, intake: Intake): Accuser {
  const accused = new Set<string>()
  const accuse = async (address: string, kind: 'vote' | 'seal', one: Uint8Array, other: Uint8Array): Promise<void> => {
    if (address === signing.address || accused.has(address)) return
    accused.add(address)
    const sequence = (ledger.position.state.row(counterKey(signing.address, address)) as number | null) ?? 0
    const bytes = await signTransaction({ network: ledger.network.subarray(0, 16), iss: signing.address, sub: address, call: CALL_EVIDENCE, sequence, args: evidenceArgs(kind, one, other) }, signing.signer)
    try {
      await intake.takeSubmission({ bytes, attachments: [] })
      exchange.publish('transaction', encodeSubmissions([{ bytes, attachments: [] }]))
    } catch (error) {
      // Another was quicker (`already-known`), or the accused left the set by itself.
      if (!(error instanceof TelltaleError)) throw error
    }
  }
  return {
    votes: ({ address, first, second }) => accuse(address, 'vote', encodeVote(first), encodeVote(second)),
    seals: (one, other) => accuse(bytesToAddress(one.header.sealer), 'seal', encodeSealedHeader(one.headerBytes, one.seal), encodeSealedHeader(other.headerBytes, other.seal)),
  }
}
