import { bytesToAddress } from '@telltale/core'
import { decodeBlock } from '@telltale/ledger'
import type { Block, Ledger, Vote } from '@telltale/ledger'

/** A height that an authority put its name to, and when. */
export interface SignedAt {
  height: number
  timeMs: number
}

/** What was seen of one authority last; null where nothing was. */
export interface AuthorityActivity {
  block: SignedAt | null
  vote: SignedAt | null
  cosignature: SignedAt | null
}

/** Who of the authorities does something: for people to look at, nothing is decided by it. */
export interface Activity {
  /** Votes that were taken since the start, from others and in blocks. */
  readonly votes: number
  of(address: string): AuthorityActivity
  /** A block that was taken, with the votes that it carries. */
  sawBlock(block: Pick<Block, 'header' | 'votes'>): void
  sawVote(vote: Vote, timeMs: number): void
  sawCosignature(address: string, height: number, timeMs: number): void
}

/** Blocks that are read at the start, and bytes of them: enough to know who was there lately. */
const READ_BLOCKS_MAX = 64
const READ_BYTES_MAX = 4_194_304

export async function createActivity({ store, position }: Pick<Ledger, 'store' | 'position'>): Promise<Activity> {
  const seen = new Map<string, AuthorityActivity>()
  let votes = 0
  const note = (address: string, kind: keyof AuthorityActivity, at: SignedAt): void => {
    const known = seen.get(address) ?? { block: null, vote: null, cosignature: null }
    if ((known[kind]?.height ?? -1) < at.height) seen.set(address, { ...known, [kind]: at })
  }
  const activity: Activity = {
    get votes() {
      return votes
    },
    of: (address) => seen.get(address) ?? { block: null, vote: null, cosignature: null },
    sawBlock({ header: { sealer, height, timeMs }, votes: carried }) {
      note(bytesToAddress(sealer), 'block', { height, timeMs })
      for (const { voter, targetHeight } of carried) note(bytesToAddress(voter), 'vote', { height: targetHeight, timeMs })
    },
    sawVote({ voter, targetHeight }, timeMs) {
      votes += 1
      note(bytesToAddress(voter), 'vote', { height: targetHeight, timeMs })
    },
    sawCosignature: (address, height, timeMs) => note(address, 'cosignature', { height, timeMs }),
  }
  let bytesRead = 0
  for (let height = position.height; height > Math.max(0, position.height - READ_BLOCKS_MAX) && bytesRead < READ_BYTES_MAX; height--) {
    const { bytes } = await store.readBlock(height)
    bytesRead += bytes.length
    activity.sawBlock(decodeBlock(bytes))
  }
  return activity
}
