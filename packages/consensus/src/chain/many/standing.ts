import { addressToBytes, asArray, asBytes, asNullable, asText, asUint, decode, encode, equalBytes, fail, isQuorum, isValidSignature, signStatement, statementCheck } from '@telltale/core'
import type { Authority, AuthoritySet, Cbor } from '@telltale/core'
import { blockId, decodeHeader, decodeVote, encodeVote, networkAt, setAt, voteCheck } from '@telltale/ledger'
import type { Vote } from '@telltale/ledger'
import type { EngineCore, Signing } from './core.ts'
import { ASK_MS_MAX, UNFINAL_DEPTH_MAX } from './limits.ts'
import { decodeAnnouncement, encodeAnnouncement, encodeQuestion } from './messages.ts'
import { UNKNOWN_BLOCK } from './signed-file.ts'

/**
 * An authority that starts asks the others what it signed last, and signs nothing before enough of them have answered: its file may be an older one,
 * brought back from a backup, and whoever goes on from that signs against itself. Enough are those who make a quorum with it: with fewer nothing becomes
 * final anyway. For the others, and for nodes that only hold and check, it waits a while: what it said last may have reached only one of them. Where its file
 * is older than what they saw, it may have said more that reached nobody yet: then, and where its file is lost, it goes on only from blocks above every head
 * that they know. What they say it signed they prove by its own signatures, so that nobody can keep it from signing. A node that is no authority asks too: it may have been
 * one, and when it becomes one it may be needed at once, where those above whose heads it would have to go cannot go on without it.
 */
export interface Standing {
  /** Whether answers are still waited for. */
  readonly isOpen: boolean
  /** Asks a peer, where it is still asked for. */
  from(peer: string): Promise<void>
  /** The head is another one: where this node comes to be an authority by a block from before it asked, it asks again, those who are authorities there. */
  sawHead(): void
  /** A vote of this authority that holds came from elsewhere, at any time: where its file does not know of it, it does from now on. */
  sawVote(vote: Vote): Promise<void>
  /** The same of a block that it sealed. */
  sawSeal(height: number, id: Uint8Array): Promise<void>
}

/** How many bytes of a question make old answers to it useless. */
const NONCE_BYTES = 16

/** How long an authority that starts waits for those that a quorum does not need. */
const OTHERS_MS = 10_000

/** What one authority says of another: where it stands itself, and the newest vote and seal of the other that it knows. */
interface Answer {
  finalHeight: number
  headHeight: number
  vote: Vote | null
  /** An announcement: header and seal. */
  sealed: Uint8Array | null
}

function answerFields(address: string, nonce: Uint8Array, { finalHeight, headHeight, vote, sealed }: Answer): Cbor[] {
  return [address, nonce, finalHeight, headHeight, vote && encodeVote(vote), sealed]
}

/** Answers an authority that starts (`not-an-authority`). */
export async function answerStanding({ ledger, signing, votes, branches, head }: EngineCore, address: string, nonce: Uint8Array): Promise<Uint8Array> {
  if (!signing) throw fail('not-an-authority', 'Only authorities say what another signed.', { expected: 'an authority', found: 'a node that holds and checks' })
  const sealer = addressToBytes(address, 'tt')
  const newest = branches.all().findLast(({ content }) => content && equalBytes(content.block.header.sealer, sealer))?.content?.block
  const answer: Answer = { finalHeight: branches.root.height, headHeight: head.height, vote: votes.newest(address), sealed: newest ? encodeAnnouncement(newest.headerBytes, newest.seal) : null }
  const fields = answerFields(address, nonce, answer)
  const { keyNumber, signature } = await signStatement('standing', ledger.network, fields, signing.signer)
  return encode([signing.address, keyNumber, ...fields.slice(2), signature])
}

interface StandingInit {
  /** What was not final is not here any more: the disk may be another one, and the file of what was signed as old as its backup. */
  isRestored: boolean
  /** Runs in the engine's queue, where everything that is signed is written. */
  inTurn<T>(task: () => Promise<T>): Promise<T>
  onReady(): void
  isCatchingUp(): boolean
}

export function createStanding(core: EngineCore, signing: Signing, { isRestored, inTurn, onReady, isCatchingUp }: StandingInit): Standing {
  const { ledger, exchange, primitives } = core
  /** What each authority said of itself. */
  const heights = new Map<string, { finalHeight: number; headHeight: number }>()
  /** The file is lost, or may be older than what left, or was found to be older than what others saw. */
  let isOld = signing.signed.isLost || isRestored
  let startedMs = core.clock.nowMs()
  /** Since when it is ready without having been an authority; whom it asked then may know nothing of later blocks. */
  let earlyMs: number | null = null
  let asked = 0
  /** Questions that are not answered yet. */
  let pending = 0
  const set = (): AuthoritySet => setAt(networkAt(core.branches.root.position), core.branches.root.height + 1)

  const isOpen = (): boolean => !signing.isReady
  const ownIn = (authorities: AuthoritySet): Authority | undefined => authorities.find(({ address }) => address === signing.address)

  const settle = async (): Promise<void> => {
    const authorities = set()
    // On the way to where the others are it would vote for what was decided long ago.
    if (!isOpen() || isCatchingUp()) return
    const answered = [...heights].filter(([address]) => authorities.some((one) => one.address === address))
    const known = answered.length + (ownIn(authorities) ? 1 : 0)
    if (!isQuorum(known, authorities.length)) return
    if ((pending > 0 || known < authorities.length) && core.clock.nowMs() < startedMs + OTHERS_MS) return
    // One that misbehaves may claim any height; at least one of so many is honest. What is final here cannot be voted against any more.
    const finals = answered.map(([, { finalHeight }]) => finalHeight).sort((a, b) => b - a)
    const claimed = finals[Math.floor((authorities.length - 1) / 3)] ?? 0
    // No honest head is further away than that, whatever is claimed.
    const heads = Math.min(claimed + UNFINAL_DEPTH_MAX, Math.max(0, ...answered.map(([, { headHeight }]) => headHeight)))
    const final = Math.max(claimed, core.branches.root.height)
    await goAbove(isOld ? Math.max(final, heads) : final)
    signing.isReady = true
    earlyMs = ownIn(authorities) ? null : core.clock.nowMs()
    onReady()
  }

  /** Whatever was signed stands at or below this height: from now on votes begin at it or above, and seals are above it. */
  const goAbove = async (height: number): Promise<void> => {
    await signing.signed.write(({ voted, sealedHeight }) => {
      const last = voted ?? { sourceHeight: 0, targetHeight: 0, targetId: ledger.network }
      if (height <= last.sourceHeight && height <= sealedHeight) return null
      const targetId = height > last.targetHeight ? core.branches.root.id : last.targetId
      const sealed = height > sealedHeight ? { sealedHeight: height, sealedId: UNKNOWN_BLOCK } : {}
      return { voted: { sourceHeight: Math.max(last.sourceHeight, height), targetHeight: Math.max(last.targetHeight, height), targetId }, ...sealed }
    })
    if (height >= (signing.unsentHeight ?? Infinity)) signing.unsentHeight = null
  }

  const sawVote = ({ sourceHeight, targetHeight, targetId }: Vote): Promise<void> =>
    signing.signed.write(({ voted }) => {
      if (targetHeight <= (voted?.targetHeight ?? 0)) return null
      isOld = true
      return { voted: { sourceHeight: Math.max(sourceHeight, voted?.sourceHeight ?? 0), targetHeight, targetId } }
    })

  const sawSeal = (height: number, id: Uint8Array): Promise<void> => {
    // It left after all, and is only not kept here any more.
    if (height >= (signing.unsentHeight ?? Infinity)) signing.unsentHeight = null
    return signing.signed.write(({ sealedHeight }) => {
      if (height <= sealedHeight) return null
      isOld = true
      return { sealedHeight: height, sealedId: id }
    })
  }

  const raise = async ({ vote, sealed }: Answer, own: Authority): Promise<void> => {
    if (vote && (await isValidSignature(voteCheck(ledger.network, vote, own), primitives))) await sawVote(vote)
    if (!sealed) return
    const { headerBytes, seal } = decodeAnnouncement(sealed)
    if (await isValidSignature(statementCheck('seal', ledger.network, [headerBytes], own.key, seal), primitives)) await sawSeal(decodeHeader(headerBytes).height, blockId(headerBytes, primitives))
  }

  /** Nobody can foretell it who does not hold the key, so that no answer can be had beforehand. */
  const makeNonce = async (): Promise<Uint8Array> => {
    const { signature } = await signStatement('standing', ledger.network, [signing.address, core.clock.nowMs(), asked++], signing.signer)
    return primitives.sha256(signature).slice(0, NONCE_BYTES)
  }

  const hear = async (peer: string): Promise<void> => {
    const nonce = await makeNonce()
    const [name, keyNumber, finalHeight, headHeight, vote, sealed, signature] = asArray(decode(await exchange.ask(peer, encodeQuestion({ kind: 'standing', address: signing.address, nonce }), ASK_MS_MAX)), 'standing', 7)
    const answer: Answer = { finalHeight: asUint(finalHeight, 'final height'), headHeight: asUint(headHeight, 'head height'), vote: asNullable(vote, (bytes) => decodeVote(asBytes(bytes, 'newest vote'))), sealed: asNullable(sealed, (bytes) => asBytes(bytes, 'newest seal')) }
    const own = ownIn(set()) ?? { address: signing.address, keyNumber: signing.signer.keyNumber, key: signing.signer.publicKey }
    await inTurn(async () => raise(answer, own))
    const address = asText(name, 'standing authority', 64)
    const other = set().find((one) => one.address === address && one.keyNumber === keyNumber)
    if (!other || other.address === signing.address) return
    const check = statementCheck('standing', ledger.network, answerFields(signing.address, nonce, answer), other.key, { keyNumber: other.keyNumber, signature: asBytes(signature, 'standing signature') })
    if (!(await isValidSignature(check, primitives))) throw fail('invalid-signature', 'The answer is not signed by whom it names.', { expected: address, found: 'another signature' })
    heights.set(address, answer)
  }

  return {
    get isOpen() {
      return isOpen()
    },
    sawHead() {
      const { position, height } = core.head
      if (earlyMs === null || !ownIn(setAt(networkAt(position), height + 1))) return
      if (position.timeMs < earlyMs) {
        signing.isReady = false
        heights.clear()
        startedMs = core.clock.nowMs()
      }
      earlyMs = null
    },
    sawVote,
    sawSeal,
    async from(peer) {
      await inTurn(settle)
      if (!isOpen()) return
      pending += 1
      try {
        await hear(peer)
      } finally {
        pending -= 1
      }
      await inTurn(settle)
    },
  }
}

/** Whether this node decides alone: it may sign from the start, for it could ask nobody. */
export function isAlone({ ledger }: Pick<EngineCore, 'ledger'>, own: string): boolean {
  const [first, ...others] = ledger.authorities(ledger.position.height + 1)
  return first?.address === own && others.length === 0
}
