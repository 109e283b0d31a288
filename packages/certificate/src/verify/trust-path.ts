import { bytesToHex, equalBytes, followLink, setHash } from '@telltale/core'
import type { Authority, AuthoritySet, Checkpoint, Link, LinkStep, Primitives } from '@telltale/core'
import { readGenesis } from '@telltale/ledger'
import type { Certificate } from '../certificate.ts'
import { isSameCheckpoint, requireNetwork } from './checkpoints.ts'
import { refute } from './refutation.ts'
import { requireSignatures } from './signatures.ts'

/** Where the file's own way begins: a genesis (no checkpoint) or a checkpoint that it names, signed by nobody. */
export interface TrustStart {
  checkpoint: Checkpoint | null
  set: AuthoritySet
}

/** A place on that way: who is in force from here on, and who signed that. */
export interface SignedStep {
  checkpoint: Checkpoint
  set: AuthoritySet
  signedBy: Authority[]
}

/** From the anchor over every link; what the head follows is the last set. */
export interface TrustPath {
  start: TrustStart
  links: SignedStep[]
}

/** Anchor and links, as the file itself tells them: every signature on the way holds. */
export async function followAnchor(certificate: Certificate, primitives: Primitives): Promise<TrustPath> {
  const path: TrustPath = { start: await readAnchor(certificate, primitives), links: [] }
  requireRising(certificate)
  for (const link of certificate.links) {
    requireNetwork(link.checkpoint, certificate.network)
    if (!link.set) throw refute('surplus', 'A link is carried that changes nothing.')
    path.links.push({ checkpoint: link.checkpoint, ...(await follow(newestSet(path), link, primitives)) })
  }
  return path
}

/** The head's own cosignatures: more than two thirds of its set and of the set before it. */
export async function followHead({ head, network }: Certificate, path: TrustPath, primitives: Primitives): Promise<LinkStep> {
  requireNetwork(head.checkpoint, network)
  return follow(newestSet(path), head, primitives)
}

async function readAnchor({ anchor, network }: Certificate, primitives: Primitives): Promise<TrustStart> {
  if (anchor.kind === 'genesis') {
    const file = await readGenesis(anchor.genesis, primitives)
    if (!equalBytes(file.network, network)) throw refute('other-network', 'The genesis is not that of the network named.', bytesToHex(network), bytesToHex(file.network))
    return { checkpoint: null, set: file.genesis.authorities.map(({ address, key }) => ({ address, keyNumber: 0, key })) }
  }
  const { checkpoint, set } = anchor
  requireNetwork(checkpoint, network)
  if (!equalBytes(setHash(set, primitives), checkpoint.setHash)) throw refute('set-mismatch', 'The anchor names another set of authorities than the one that is carried.')
  return { checkpoint, set }
}

/** From anchor to head, heights and sizes rise: an authority signs one checkpoint per size of the log. A file may also end where it begins. */
function requireRising({ anchor, links, head }: Certificate): void {
  let before = anchor.kind === 'checkpoint' ? anchor.checkpoint : { height: 0, size: 0 }
  if (anchor.kind === 'checkpoint' && links.length === 0 && isSameCheckpoint(anchor.checkpoint, head.checkpoint)) return
  for (const { checkpoint } of [...links, head]) {
    if (checkpoint.height <= before.height || checkpoint.size <= before.size) throw refute('links-out-of-order', 'The links do not lead upwards to the head.', `above block ${before.height} and size ${before.size}`, `block ${checkpoint.height} and size ${checkpoint.size}`)
    before = checkpoint
  }
}

function newestSet(path: TrustPath): AuthoritySet {
  return (path.links.at(-1) ?? path.start).set
}

async function follow(trusted: AuthoritySet, link: Link, primitives: Primitives): Promise<LinkStep> {
  const step = followLink(trusted, link, primitives)
  const refusal = () => refute('invalid-cosignature', 'A cosignature does not hold.', `signatures on the checkpoint at height ${link.checkpoint.height}`)
  await requireSignatures(step.checks.map((check) => ({ check, refusal })), primitives)
  return step
}
