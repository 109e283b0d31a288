import { TelltaleError, decodeSubmissions, fail, judge } from '@telltale/core'
import type { Passing, Submission } from '@telltale/core'
import { decodeBlock } from '@telltale/ledger'
import { readAgeProof } from './age-proof.ts'
import type { EngineCore } from './core.ts'
import { ASK_MS_MAX, RANGE_BLOCKS_MAX } from './limits.ts'
import { decodeFullBlocks, decodeHeadAnswer, decodeRecent, decodeHandoversAnswer, encodeQuestion } from './messages.ts'
import type { FullBlock } from './messages.ts'
import { isFault } from './verdicts.ts'

/** Asks others for what this node lacks. One at a time; a peer that stalls or lies is left for another. */
export interface CatchUp {
  /** Takes what a peer has and this node has not: blocks from the newest final one on, then votes, cosignatures and transactions that wait. */
  from(peer: string): void
  /** Does so with every peer; how many there are. */
  fromAll(): number
  /** Whether blocks are being fetched now. */
  readonly isBusy: boolean
}

interface CatchUpInit {
  core: EngineCore
  /** Takes a block; false where it was known. Throws the verdict where it is refused; one that lacks attachments is counted as refused only where `isLast`. */
  receive(peer: string, block: FullBlock, isLast: boolean): Promise<boolean>
  gossip(peer: string, topic: 'vote' | 'cosignature', bytes: Uint8Array): Promise<Passing>
  take(submission: Submission): Promise<unknown>
  /** Above which height handovers to the set in force are missing; null where none is. */
  lacksHandoversAbove(): number | null
  isStopped(): boolean
}

export function createCatchUp({ core, receive, gossip, take, lacksHandoversAbove, isStopped }: CatchUpInit): CatchUp {
  const wanted = new Set<string>()
  let running: Promise<void> | null = null
  let isBusy = false

  const blocksFrom = async (peer: string): Promise<void> => {
    const head = decodeHeadAnswer(await core.exchange.ask(peer, encodeQuestion({ kind: 'head' }), ASK_MS_MAX))
    if (core.branches.find(head.id) !== null || head.height <= core.branches.root.height) return
    isBusy = true
    let from = core.branches.root.height + 1
    while (!isStopped()) {
      const blocks = decodeFullBlocks(await core.exchange.ask(peer, encodeQuestion({ kind: 'range', from, count: RANGE_BLOCKS_MAX }), ASK_MS_MAX))
      if (blocks.length === 0) return
      for (const block of blocks) {
        // One after the other from where it was asked: who answers otherwise could be asked for ever.
        if (decodeBlock(block.bytes).header.height !== from) return core.exchange.blame(peer, 'missed-block')
        await takeFrom(peer, block)
        from += 1
      }
      if (from > head.height) return
    }
  }

  /** A peer that hands on a block without its attachments may show that the network keeps them no longer. */
  const takeFrom = async (peer: string, block: FullBlock): Promise<void> => {
    try {
      await receive(peer, block, false)
    } catch (error) {
      if (!(error instanceof TelltaleError) || error.code !== 'missing-attachment') throw error
      core.lackingUpToMs = Math.max(core.lackingUpToMs, await ageShownBy(peer))
      await receive(peer, block, true)
    }
  }

  const ageShownBy = async (peer: string): Promise<number> => {
    try {
      return await readAgeProof(core, await core.exchange.ask(peer, encodeQuestion({ kind: 'age' }), ASK_MS_MAX))
    } catch (error) {
      if (!(error instanceof TelltaleError)) throw error
      if (isFault(error.code)) core.exchange.blame(peer, error.code)
      return Number.NEGATIVE_INFINITY
    }
  }

  /** What it answers counts like what it says by itself; one answer with what is wrong is enough. */
  const hear = async (peer: string, topic: 'vote' | 'cosignature', bytes: Uint8Array): Promise<void> => {
    if ((await gossip(peer, topic, bytes)) === 'reject') throw fail('gossip-rejected', `The peer answered with a ${topic} that does not hold.`)
  }

  const restFrom = async (peer: string): Promise<void> => {
    const { votes, cosignatures } = decodeRecent(await core.exchange.ask(peer, encodeQuestion({ kind: 'recent' }), ASK_MS_MAX))
    for (const vote of votes) await hear(peer, 'vote', vote)
    for (const cosignature of cosignatures) await hear(peer, 'cosignature', cosignature)
    const waiting = await core.exchange.ask(peer, encodeQuestion({ kind: 'waiting' }), ASK_MS_MAX)
    if (waiting.length === 0) return
    const submissions = judge(() => decodeSubmissions(waiting))
    if (!submissions.ok) return core.exchange.blame(peer, submissions.verdict.code)
    // One that is refused here was refused for its own sake, not the peer's.
    for (const submission of submissions.value) await take(submission).catch(() => undefined)
  }

  /** Cosignatures of all that was certified before this node came are not asked for; those by which trust follows the authorities are. */
  const handoversFrom = async (peer: string): Promise<void> => {
    for (let above = lacksHandoversAbove(); above !== null && !isStopped(); ) {
      const cosignatures = decodeHandoversAnswer(await core.exchange.ask(peer, encodeQuestion({ kind: 'handovers', above }), ASK_MS_MAX))
      for (const cosignature of cosignatures) await hear(peer, 'cosignature', cosignature)
      const next = lacksHandoversAbove()
      if (next === above) return
      above = next
    }
  }

  const run = async (): Promise<void> => {
    for (const peer of wanted) {
      wanted.delete(peer)
      try {
        await blocksFrom(peer)
        isBusy = false
        // Before what is newest, so that none is skipped which somebody may stand at.
        await handoversFrom(peer)
        await restFrom(peer)
      } catch (error) {
        // Gone or slow peers are no wonder, nor one that stands on another branch by now, nor that there is no room here: only what no honest peer sends is scored down.
        if (error instanceof TelltaleError && isFault(error.code)) core.exchange.blame(peer, error.code)
      } finally {
        isBusy = false
      }
    }
    running = null
  }

  const from = (peer: string): void => {
    if (isStopped()) return
    wanted.add(peer)
    running ??= Promise.resolve().then(run)
  }
  return {
    get isBusy() {
      return isBusy
    },
    from,
    fromAll() {
      const peers = core.exchange.peers()
      for (const peer of peers) from(peer)
      return peers.length
    },
  }
}
