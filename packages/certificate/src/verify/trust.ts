import { bytesToHex, equalBytes, followLink, isValidSignature, judge, setHash } from '@telltale/core'
import type { AuthoritySet, Checkpoint, Link, LinkStep, Primitives } from '@telltale/core'
import { readGenesis } from '@telltale/ledger'
import type { Certificate } from '../certificate.ts'
import { refute } from './refutation.ts'

/** A checkpoint that somebody keeps because they trust it, with its set of authorities. */
export interface PinnedCheckpoint {
  checkpoint: Checkpoint
  set: AuthoritySet
}

/** What whoever asks trusts: the hash of a genesis, a pinned checkpoint, both, or nothing. */
export interface Trust {
  network?: Uint8Array
  checkpoint?: PinnedCheckpoint
}

/** The set of the anchor and after each link; the last one is what the head follows. */
export type TrustPath = AuthoritySet[]

/** Anchor and links, as the file itself tells them: every signature on the way holds. */
export async function followAnchor(certificate: Certificate, primitives: Primitives): Promise<TrustPath> {
  const { anchor, network, links, head } = certificate
  let set: AuthoritySet
  let height = 0
  if (anchor.kind === 'genesis') {
    const file = await readGenesis(anchor.genesis, primitives)
    if (!equalBytes(file.network, network)) throw refute('other-network', 'The genesis is not that of the network named.', bytesToHex(network), bytesToHex(file.network))
    set = file.genesis.authorities.map(({ address, key }) => ({ address, keyNumber: 0, key }))
  } else {
    requireNetwork(anchor.checkpoint, network)
    if (!equalBytes(setHash(anchor.set, primitives), anchor.checkpoint.setHash)) throw refute('set-mismatch', 'The anchor names another set of authorities than the one that is carried.')
    set = anchor.set
    height = anchor.checkpoint.height
  }
  const path = [set]
  for (const link of links) {
    requireNetwork(link.checkpoint, network)
    if (link.checkpoint.height <= height || link.checkpoint.height >= head.checkpoint.height) throw refute('links-out-of-order', 'The links do not lead upwards to the head.', 'rising heights below the head', String(link.checkpoint.height))
    if (!link.set) throw refute('surplus', 'A link is carried that changes nothing.')
    set = (await follow(set, link, primitives)).set
    height = link.checkpoint.height
    path.push(set)
  }
  if (head.checkpoint.height < height) throw refute('links-out-of-order', 'The head lies below the anchor.', `at least ${height}`, String(head.checkpoint.height))
  return path
}

/** The head's own cosignatures: more than two thirds of its set and of the set before it. */
export async function followHead(certificate: Certificate, path: TrustPath, primitives: Primitives): Promise<LinkStep> {
  requireNetwork(certificate.head.checkpoint, certificate.network)
  return follow(path[path.length - 1] as AuthoritySet, certificate.head, primitives)
}

function requireNetwork(checkpoint: Checkpoint, network: Uint8Array): void {
  if (!equalBytes(checkpoint.network, network)) throw refute('other-network', 'A checkpoint belongs to another network.', bytesToHex(network), bytesToHex(checkpoint.network))
}

async function follow(trusted: AuthoritySet, link: Link, primitives: Primitives): Promise<LinkStep> {
  const step = followLink(trusted, link, primitives)
  for (const check of step.checks) {
    if (!(await isValidSignature(check, primitives))) throw refute('invalid-cosignature', 'A cosignature does not hold.', `signatures on the checkpoint at height ${link.checkpoint.height}`)
  }
  return step
}

/** Whether the file's history is the one that whoever asks trusts; `open` where that cannot be told from here. */
export interface TrustJudgement {
  isOpen: boolean
  ground: string
}

/** Compares the file with what is trusted. Throws where they contradict each other. */
export function judgeTrust(certificate: Certificate, path: TrustPath, trust: Trust, primitives: Primitives): TrustJudgement {
  const fingerprint = bytesToHex(certificate.network).slice(0, 16)
  const { network, checkpoint: pin } = trust
  if (network && !equalBytes(network, certificate.network)) throw refute('other-network', 'The certificate belongs to another network than the one you trust.', bytesToHex(network), bytesToHex(certificate.network))
  if (pin) return judgePin(certificate, path, pin, primitives)
  if (!network) return { isOpen: true, ground: `fingerprint ${fingerprint}…; compare it with one you trust, or give --network` }
  if (certificate.anchor.kind === 'genesis') return { isOpen: false, ground: `the network you trust, from its first block` }
  return { isOpen: true, ground: 'the file begins at a checkpoint that you have not pinned; give --checkpoint' }
}

function judgePin(certificate: Certificate, path: TrustPath, pin: PinnedCheckpoint, primitives: Primitives): TrustJudgement {
  const { checkpoint: head } = certificate.head
  const pinned = pin.checkpoint
  requireNetwork(pinned, certificate.network)
  const ground = `the checkpoint you pinned at block ${pinned.height}`
  if (pinned.size === head.size || pinned.height === head.height) {
    const isSame = equalBytes(pinned.logRoot, head.logRoot) && equalBytes(pinned.stateRoot, head.stateRoot) && pinned.size === head.size && pinned.height === head.height
    if (!isSame) throw refute('other-history', 'The file and the checkpoint you pinned show two histories of one network.', bytesToHex(pinned.logRoot), bytesToHex(head.logRoot))
    return { isOpen: false, ground }
  }
  if (pinned.height > head.height) return { isOpen: true, ground: `the checkpoint you pinned (block ${pinned.height}) is newer than the file (block ${head.height}); only a node can connect them` }
  // Every signature was checked on the way from the file's own anchor; here only who signed is counted again.
  const linked = judge(() => followFromPin(certificate, path, pin, primitives))
  return linked.ok ? { isOpen: false, ground } : { isOpen: true, ground: `the authorities of ${ground} did not sign what follows in this file` }
}

function followFromPin(certificate: Certificate, path: TrustPath, pin: PinnedCheckpoint, primitives: Primitives): void {
  let trusted = pin.set
  const steps = [...certificate.links, certificate.head]
  steps.forEach((link, i) => {
    if (link.checkpoint.height <= pin.checkpoint.height) return
    const before = path[i] as AuthoritySet
    const after = path[i + 1] ?? link.set ?? before
    const isBefore = equalBytes(setHash(before, primitives), setHash(trusted, primitives))
    const isUnchanged = equalBytes(setHash(after, primitives), setHash(trusted, primitives))
    trusted = followLink(trusted, { ...link, set: isUnchanged ? null : after, leavers: isBefore ? link.leavers : [] }, primitives).set
  })
}
