import { TelltaleError, bytesToAddress, encodeSubmissions, equalBytes, signTransaction } from '@telltale/core'
import { counterKey, encodeSealedHeader, encodeVote, evidenceArgs, networkAt, parametersAt } from '@telltale/ledger'
import type { Block, Vote } from '@telltale/ledger'
import type { BranchBlock } from './branches.ts'
import type { EngineCore } from './core.ts'
import type { Intake } from './intake.ts'
import type { Verdicts } from './verdicts.ts'

/** Remembers what authorities signed and, where one signed against itself, puts that into the ledger, once for each: whoever holds both statements does, and the first counts. */
export interface Accuser {
  /** Keeps a vote that holds. */
  noteVote(vote: Vote, address: string): void
  /** Of a block that holds and is not among the branches yet. */
  noteSeal(block: Block, parent: BranchBlock): void
}

interface AccuserInit {
  core: EngineCore
  intake: Intake
  verdicts: Verdicts
  /** Runs in the engine's queue. */
  enqueue(task: () => Promise<void>): void
}

const CALL_EVIDENCE = 34
/** Refusals after which there is nothing left to accuse of; any other may pass. */
const DONE = new Set(['already-known', 'not-an-authority', 'no-contradiction'])

export function createAccuser({ core, intake, verdicts, enqueue }: AccuserInit): Accuser {
  const { ledger, exchange, signing, branches, votes } = core
  const accused = new Set<string>()
  const accuse = async (address: string, kind: 'vote' | 'seal', one: Uint8Array, other: Uint8Array): Promise<void> => {
    if (!signing || address === signing.address || accused.has(address)) return
    accused.add(address)
    const sequence = (ledger.position.state.row(counterKey(signing.address, address)) as number | null) ?? 0
    const bytes = await signTransaction({ network: ledger.network.subarray(0, 16), iss: signing.address, sub: address, call: CALL_EVIDENCE, sequence, args: evidenceArgs(kind, one, other) }, signing.signer)
    try {
      await intake.takeSubmission({ bytes, attachments: [] })
      exchange.publish('transaction', encodeSubmissions([{ bytes, attachments: [] }]))
    } catch (error) {
      // Another was quicker (`already-known`), or the accused left the set by itself.
      if (!(error instanceof TelltaleError)) throw error
      if (!DONE.has(error.code)) accused.delete(address)
    }
  }
  return {
    noteVote(vote, address) {
      const doubled = votes.add(address, vote)
      if (!doubled) return
      verdicts.accuse(doubled)
      enqueue(() => accuse(address, 'vote', encodeVote(doubled.first), encodeVote(doubled.second)))
    },
    noteSeal({ header, headerBytes, seal }, parent) {
      // Where anyone may seal, two blocks on one parent are twice the work and no misconduct.
      if (parametersAt(networkAt(parent.position), header.height).sealers === 'anyone') return
      const twin = branches.all().find(({ content }) => content?.parent === parent && equalBytes(content.block.header.sealer, header.sealer))?.content?.block
      if (!twin) return
      verdicts.countDoubleSeal()
      enqueue(() => accuse(bytesToAddress(header.sealer), 'seal', encodeSealedHeader(twin.headerBytes, twin.seal), encodeSealedHeader(headerBytes, seal)))
    },
  }
}
