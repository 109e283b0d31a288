import { addressToBytes, equalBytes, signStatement } from '@telltale/core'
import type { Authority } from '@telltale/core'
import { encodeVote, isDecidedAlone, networkAt, parametersAt, setAt, voteFields } from '@telltale/ledger'
import type { Vote } from '@telltale/ledger'
import type { BranchBlock } from './branches.ts'
import type { EngineCore, Signing } from './core.ts'

/** Votes in the name of this authority. */
export interface Voter {
  /** Votes for the head where that may be done, and says whether it did; where that is to wait, it is done later. */
  vote(): Promise<boolean>
  stop(): void
}

interface VoterInit {
  core: EngineCore
  signing: Signing
  /** Runs in the engine's queue. */
  enqueue(task: () => Promise<void>): void
  /** Told of every vote that was cast. */
  onCast(vote: Vote): void
  /** After a vote that waited. */
  onVoted(): Promise<void>
}

export function createVoter({ core, signing, enqueue, onCast, onVoted }: VoterInit): Voter {
  let cancel: () => void = () => undefined
  const vote = async (): Promise<boolean> => {
    cancel()
    const waitMs = core.head.arrivedMs + patienceMs(core.head) - core.clock.nowMs()
    if (waitMs > 0) {
      cancel = core.clock.after(waitMs, () => enqueue(later))
      return false
    }
    const cast = await castVote(core, signing)
    if (!cast) return false
    core.votes.add(signing.address, cast)
    onCast(cast)
    core.exchange.publish('vote', encodeVote(cast))
    return true
  }
  const later = async (): Promise<void> => {
    if (await vote()) await onVoted()
  }
  return { vote, stop: () => cancel() }
}

/** Where anyone may seal, several do at once: whoever votes for the first that comes splits the votes. After a while all know the same ones, and choose the same. */
function patienceMs({ position, height }: BranchBlock): number {
  const { sealers, blockMs } = parametersAt(networkAt(position), height)
  return sealers === 'anyone' ? Math.ceil(blockMs / 2) : 0
}

/**
 * Casts this authority's vote for the head: once a height, always higher than the last target and never from below the last source, written before it is signed. This
 * rule alone (the minimal one of EIP-3076) excludes both votes that no honest authority casts. Null where none may be cast.
 */
async function castVote({ head, ledger }: Pick<EngineCore, 'head' | 'ledger'>, { signer, address, signed, isReady }: Signing): Promise<Vote | null> {
  const last = signed.state.voted ?? { sourceHeight: 0, targetHeight: 0 }
  if (!isReady || head.height <= last.targetHeight) return null
  const { finality } = head.position
  const network = networkAt(head.position)
  const sourceHeight = finality.justifiedHeight
  const isOwn = (authority: Authority): boolean => authority.address === address && authority.keyNumber === signer.keyNumber && equalBytes(authority.key.material, signer.publicKey.material)
  // Who leaves votes on until a block of the new set is justified: a link needs more than two thirds of the set at its source too.
  const mayVote = [head.height, sourceHeight].some((height) => setAt(network, height).some(isOwn))
  if (!mayVote || isDecidedAlone(network, head.height) || head.content === null) return null
  const source = head.position.ancestor(sourceHeight)
  if (!source || sourceHeight < last.sourceHeight || sourceHeight >= head.height) return null
  const fields = { sourceHeight, sourceId: source.id, targetHeight: head.height, targetId: head.id }
  await signed.write(() => ({ voted: { sourceHeight, targetHeight: head.height, targetId: head.id } }))
  const { keyNumber, signature } = await signStatement('vote', ledger.network, voteFields(fields), signer)
  return { voter: addressToBytes(address, 'tt'), keyNumber, ...fields, signature }
}
