import { cosignatureCheck, encodeCosignature, equalBytes, followLink, isQuorum, judge, readCosignature, setHash } from '@telltale/core'
import type { Authority, AuthoritySet, Checkpoint, Cosignature, Primitives } from '@telltale/core'
import { cosignerAt, decodeBlock, networkAt, setAt } from '@telltale/ledger'
import type { Ledger } from '@telltale/ledger'
import { checkpointOf } from './certifier.ts'
import type { CertifiedHead } from './certifier.ts'
import type { SignatureVerifier } from './signature-verifier.ts'
import { linkFrom } from './trust-links.ts'

/**
 * How trust leads from the genesis to the authorities in force: over **handovers**, checkpoints of a new set that more than two thirds of the set before it signed too. Without
 * them nobody who knows only the genesis could follow; what makes them lies beside the log with all cosignatures.
 */
export interface SetPath {
  /** The lowest first. */
  readonly handovers: readonly CertifiedHead[]
  /** Whom those trust who followed all handovers below a height. */
  before(height: number): { set: AuthoritySet; hash: Uint8Array }
  /** Whether a checkpoint has another set than they trust, so that it may become a handover. */
  isHandover(checkpoint: Pick<Checkpoint, 'height' | 'setHash'>): boolean
  /** Takes a checkpoint whose signatures hold as the next handover, where it is one. */
  add(step: CertifiedHead): boolean
}

function createSetPath(ledger: Ledger, primitives: Primitives): SetPath {
  const handovers: CertifiedHead[] = []
  const genesis = { set: ledger.authorities(0), hash: setHash(ledger.authorities(0), primitives) }
  const path: SetPath = {
    handovers,
    before(height) {
      const handover = handovers.findLast(({ checkpoint }) => checkpoint.height < height)
      return handover ? { set: handover.set, hash: handover.checkpoint.setHash } : genesis
    },
    isHandover: ({ height, setHash: hash }) => !equalBytes(hash, path.before(height).hash),
    add(step) {
      const { checkpoint } = step
      if (checkpoint.height <= (handovers.at(-1)?.checkpoint.height ?? 0) || !path.isHandover(checkpoint)) return false
      const { set } = path.before(checkpoint.height)
      if (!judge(() => followLink(set, linkFrom(set, step), primitives)).ok) return false
      handovers.push(step)
      return true
    },
  }
  return path
}

/** Cosignatures of one checkpoint, each checked. */
export interface Gathered {
  checkpoint: Checkpoint
  set: AuthoritySet
  signatures: Map<string, GatheredSignature>
}

export interface GatheredSignature {
  cosignature: Cosignature
  bytes: Uint8Array
  /** Whether it lies in the store. */
  isKept: boolean
}

export function signatureKey({ address, keyNumber }: { address: string; keyNumber: number }): string {
  return `${address} ${keyNumber}`
}

/** The checkpoint with those who signed it; null while they are no more than two thirds of its set. */
export function certifiedOf({ checkpoint, set, signatures }: Gathered): CertifiedHead | null {
  const members = set.flatMap((authority) => signatures.get(signatureKey(authority)) ?? [])
  if (!isQuorum(members.length, set.length)) return null
  return { checkpoint, set, cosignatures: members.map((one) => one.cosignature), leavers: [...signatures.values()].filter((one) => !members.includes(one)).map((one) => one.cosignature) }
}

/** The cosignatures of handovers above a height as they travel and are kept, handover by handover, as many whole handovers as `bytesMax` has room for, and one at least. */
export function encodeHandovers(path: SetPath, above: number, bytesMax: number): Uint8Array[] {
  const found: Uint8Array[] = []
  let size = 0
  for (const { checkpoint, set, cosignatures, leavers } of path.handovers) {
    if (checkpoint.height <= above) continue
    const signers = [...set, ...path.before(checkpoint.height).set]
    const all = [...cosignatures, ...leavers].flatMap((one) => {
      const authority = signers.find((other) => signatureKey(other) === signatureKey(one))
      return authority ? [encodeCosignature(checkpoint, authority.key.algorithm, one)] : []
    })
    size += all.reduce((sum, { length }) => sum + length, 0)
    if (found.length > 0 && size > bytesMax) break
    found.push(...all)
  }
  return found
}

/** Checkpoints that may become a handover and are gathered at the same time. */
const OPEN_MAX = 256

/** The handovers as the cosignatures in the store make them; each that is needed is checked. */
export async function loadSetPath(ledger: Ledger, verifier: SignatureVerifier, primitives: Primitives): Promise<SetPath> {
  const path = createSetPath(ledger, primitives)
  const network = networkAt(ledger.position)
  if (network.sets.length === 1) return path
  const hashes = new Map(network.sets.map(({ value }) => [value, setHash(value, primitives)]))
  const open = new Map<number, Gathered>()
  for await (const bytes of ledger.store.kept('cosignature')) {
    const read = judge(() => readCosignature(bytes))
    if (!read.ok) continue
    const { height, cosignature } = read.value
    if (height < 1 || height > ledger.position.height) continue
    const set = setAt(network, height)
    if (!path.isHandover({ height, setHash: hashes.get(set) as Uint8Array })) continue
    const at = open.get(height) ?? { checkpoint: checkpointOf(ledger.network, decodeBlock((await ledger.store.readBlock(height)).bytes).header), set, signatures: new Map<string, GatheredSignature>() }
    open.set(height, at)
    const authority = cosignerAt(network, height, cosignature)
    if (!authority || !(await isCosignedBy(at.checkpoint, authority, { bytes, cosignature }, verifier))) continue
    at.signatures.set(signatureKey(authority), { cosignature, bytes, isKept: true })
    const step = certifiedOf(at)
    if (step && path.add(step)) for (const other of open.keys()) if (other <= height) open.delete(other)
    if (open.size > OPEN_MAX) open.delete(Math.min(...open.keys()))
  }
  return path
}

/** Whether these bytes are this authority's signature on this checkpoint. */
export async function isCosignedBy(checkpoint: Checkpoint, authority: Authority, { bytes, cosignature }: { bytes: Uint8Array; cosignature: Cosignature }, verifier: SignatureVerifier): Promise<boolean> {
  return equalBytes(bytes, encodeCosignature(checkpoint, authority.key.algorithm, cosignature)) && verifier.verify([cosignatureCheck(checkpoint, authority, cosignature)])
}
