import { bytesToHex, equalBytes, fail, isQuorum, isSameAuthority, setHash } from '@telltale/core'
import type { Checkpoint, LinkStep, PinnedCheckpoint, Primitives } from '@telltale/core'
import type { Certificate } from '../certificate.ts'
import { isSameCheckpoint, requireNetwork } from './checkpoints.ts'
import { refute } from './refutation.ts'
import type { SignedStep, TrustPath, TrustStart } from './trust-path.ts'

/** What whoever asks trusts: the hash of a genesis, a pinned checkpoint, both, or nothing. */
export interface Trust {
  network?: Uint8Array
  checkpoint?: PinnedCheckpoint
}

/** The question itself: a pin whose set is not the one that its checkpoint names could trust anybody (`malformed-checkpoint`). */
export function requireSoundPin({ checkpoint: pin }: Trust, primitives: Primitives): void {
  if (pin && !equalBytes(setHash(pin.set, primitives), pin.checkpoint.setHash)) {
    throw fail('malformed-checkpoint', 'The pinned checkpoint names another set of authorities than the one beside it.', { expected: 'the set that the checkpoint commits to', found: 'another set' })
  }
}

/** Whether the file's history is the one that whoever asks trusts; `isOpen` where that cannot be told from here. */
export interface TrustJudgement {
  isOpen: boolean
  ground: string
}

/** Compares the file with what is trusted. Throws where they contradict each other. */
export function judgeTrust({ network, anchor, head }: Certificate, path: TrustPath, headStep: LinkStep, trust: Trust): TrustJudgement {
  if (trust.network && !equalBytes(trust.network, network)) throw refute('other-network', 'The certificate belongs to another network than the one you trust.', bytesToHex(trust.network), bytesToHex(network))
  if (trust.checkpoint) {
    requireNetwork(trust.checkpoint.checkpoint, network)
    return judgePin(path.start, [...path.links, { checkpoint: head.checkpoint, ...headStep }], trust.checkpoint)
  }
  if (!trust.network) return { isOpen: true, ground: `fingerprint ${bytesToHex(network).slice(0, 16)}…; compare it with one you trust, or give --network` }
  if (anchor.kind === 'genesis') return { isOpen: false, ground: 'the network you trust, from its first block' }
  return { isOpen: true, ground: 'the file begins at a checkpoint that you have not pinned; give --checkpoint' }
}

/** `signed` ends with the head; the start of the file is signed by nobody, but must not contradict the pin either. */
function judgePin(start: TrustStart, signed: SignedStep[], pin: PinnedCheckpoint): TrustJudgement {
  const pinned = pin.checkpoint
  for (const { checkpoint } of [start, ...signed]) if (checkpoint) requireOneHistory(pinned, checkpoint)
  const head = (signed.at(-1) as SignedStep).checkpoint
  if (pinned.height > head.height) return { isOpen: true, ground: `the checkpoint you pinned (block ${pinned.height}) is newer than the file (block ${head.height}); only a node can connect them` }
  const ground = `the checkpoint you pinned at block ${pinned.height}`
  return isLinked(signed, pin) ? { isOpen: false, ground } : { isOpen: true, ground: `the authorities of ${ground} did not sign what follows in this file` }
}

/** Of two checkpoints of one history the one with more blocks has more in its log, and no two differ at one height or size. */
function requireOneHistory(pinned: Checkpoint, own: Checkpoint): void {
  if (isSameCheckpoint(pinned, own)) return
  const higher = Math.sign(own.height - pinned.height)
  if (higher === 0 || higher !== Math.sign(own.size - pinned.size)) throw refute('other-history', 'The file and the checkpoint you pinned show two histories of one network.', checkpointText(pinned), checkpointText(own))
}

function checkpointText({ height, size, logRoot }: Checkpoint): string {
  return `block ${height}, size ${size}, log root ${bytesToHex(logRoot)}`
}

/** Every signature was checked on the file's own way, and each set signed for itself; from the pin on, each set is also the one that the set before it signed. */
function isLinked(signed: SignedStep[], pin: PinnedCheckpoint): boolean {
  let trusted = pin.set
  for (const { checkpoint, set, signedBy } of signed) {
    if (checkpoint.height <= pin.checkpoint.height) continue
    const known = signedBy.filter((authority) => trusted.some((other) => isSameAuthority(other, authority)))
    if (!isQuorum(known.length, trusted.length)) return false
    trusted = set
  }
  return true
}
