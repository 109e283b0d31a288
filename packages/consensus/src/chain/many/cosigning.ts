import { equalBytes, cosign, encodeCosignature, judge, readCosignature, setHash } from '@telltale/core'
import type { Cosignature, Passing, Primitives, Signer } from '@telltale/core'
import { cosignerAt, decodeBlock, networkAt, setAt } from '@telltale/ledger'
import type { Ledger } from '@telltale/ledger'
import { checkpointOf } from '../certifier.ts'
import type { CertifiedHead } from '../certifier.ts'
import { certifiedOf, encodeHandovers, isCosignedBy, loadSetPath, signatureKey } from '../set-path.ts'
import type { Gathered, GatheredSignature } from '../set-path.ts'
import type { SignatureVerifier } from '../signature-verifier.ts'
import { createEarlyCosignatures } from './early-cosignatures.ts'
import { EARLY_HEIGHTS_MAX, RANGE_BYTES_MAX } from './limits.ts'
import type { SignedFile } from './signed-file.ts'

/**
 * Cosignatures of final blocks, gathered until more than two thirds of a set have signed one checkpoint; where the set changed, also until more than two thirds of the
 * set before did, so that who trusts that one can follow. Whoever left signs until then.
 */
export interface Cosigning {
  readonly head: CertifiedHead | null
  readonly handovers: readonly CertifiedHead[]
  /** Height of the newest handover where the set in force was not handed over to yet, as far as this node knows; null where it was. */
  readonly lacksHandoversAbove: number | null
  /** A block with transactions became final: signs it, if this node is an authority, and counts what came early. */
  onFinal(height: number): Promise<void>
  receive(peer: string, bytes: Uint8Array): Promise<Passing>
  /** Those of the newest certified checkpoint, those above it, and those of a new set that nobody can follow yet. */
  recent(): Uint8Array[]
  /** Those of the handovers above a height, as many as one answer holds. */
  handoversAbove(height: number): Uint8Array[]
}

interface CosigningInit {
  ledger: Ledger
  primitives: Primitives
  /** Null for a node that is no authority. */
  signing: { signer: Signer; address: string; signed: SignedFile } | null
  verifier: SignatureVerifier
  clock: { nowMs(): number }
  publish(bytes: Uint8Array): void
  /** One was checked and counted. */
  onCosignature(address: string, height: number, timeMs: number): void
  onCertified(head: CertifiedHead): void
}

/** Cosignatures that are read again at start: those of the newest blocks. */
const KEPT_READ_MAX = 512
/** Heights whose cosignatures are gathered at the same time. */
const GATHERED_MAX = 256

export async function createCosigning({ ledger, primitives, signing, verifier, clock, publish, onCosignature, onCertified }: CosigningInit): Promise<Cosigning> {
  const path = await loadSetPath(ledger, verifier, primitives)
  let head: CertifiedHead | null = null
  let newest: Gathered | null = null
  const gathered = new Map<number, Gathered>()
  const early = createEarlyCosignatures()

  const gatheredAt = async (height: number): Promise<Gathered> => {
    const known = gathered.get(height)
    if (known) return known
    const { header } = decodeBlock((await ledger.store.readBlock(height)).bytes)
    return { checkpoint: checkpointOf(ledger.network, header), set: setAt(networkAt(ledger.position), height), signatures: new Map<string, GatheredSignature>() }
  }
  /** Only what an authority signed takes room. */
  const gather = (at: Gathered): void => {
    gathered.set(at.checkpoint.height, at)
    if (gathered.size > GATHERED_MAX) gathered.delete(Math.min(...gathered.keys()))
  }
  /** Those whose signature on it counts for somebody: its set, and where that is new, the set before. */
  const signersOf = ({ checkpoint, set }: Gathered): { address: string; keyNumber: number }[] => (path.isHandover(checkpoint) ? [...set, ...path.before(checkpoint.height).set] : set)
  /** Where blocks below the certified head still matter. */
  const isWanted = (height: number): boolean => gathered.has(height) || path.isHandover({ height, setHash: setHash(setAt(networkAt(ledger.position), height), primitives) })

  const keep = async ({ signatures }: Gathered): Promise<void> => {
    for (const one of signatures.values()) {
      if (one.isKept) continue
      one.isKept = true
      await ledger.store.keep('cosignature', one.bytes)
    }
  }

  /** Every handover that what was gathered makes now, the lowest first. */
  const addHandovers = async (): Promise<void> => {
    for (const [, at] of [...gathered].sort(([a], [b]) => a - b)) {
      const step = certifiedOf(at)
      if (step && path.add(step)) await keep(at)
    }
  }

  const count = async (at: Gathered, signed: GatheredSignature): Promise<void> => {
    const { cosignature } = signed
    const { height } = at.checkpoint
    at.signatures.set(signatureKey(cosignature), signed)
    gather(at)
    onCosignature(cosignature.address, height, cosignature.issuedAtSeconds * 1000)
    if (path.isHandover(at.checkpoint)) await addHandovers()
    const before = head?.checkpoint.height ?? 0
    const certified = certifiedOf(at)
    if (!certified || height < before) return
    head = certified
    newest = at
    if (height === before) return
    await keep(at)
    for (const [other, { checkpoint }] of gathered) if (other < height && !path.isHandover(checkpoint)) gathered.delete(other)
    onCertified(head)
  }

  /** One that belongs to a final block here. */
  const take = async (bytes: Uint8Array, height: number, cosignature: Cosignature, isKept = false): Promise<Passing> => {
    const at = await gatheredAt(height)
    if (at.signatures.has(signatureKey(cosignature))) return 'keep'
    const authority = cosignerAt(networkAt(ledger.position), height, cosignature)
    if (!authority || !(await isCosignedBy(at.checkpoint, authority, { bytes, cosignature }, verifier))) return 'reject'
    // Who left signs until all can follow without it, and does not know at once when that is.
    if (!signersOf(at).some((one) => signatureKey(one) === signatureKey(authority))) return 'keep'
    await count(at, { cosignature, bytes, isKept })
    return 'pass-on'
  }

  const cosigning: Cosigning = {
    get head() {
      return head
    },
    handovers: path.handovers,
    get lacksHandoversAbove() {
      const { height } = ledger.position
      return path.isHandover({ height: height + 1, setHash: setHash(ledger.authorities(height), primitives) }) ? (path.handovers.at(-1)?.checkpoint.height ?? 0) : null
    },
    async onFinal(height) {
      for (const bytes of early.takeUpTo(ledger.position.height)) {
        const { height: ofHeight, cosignature } = readCosignature(bytes)
        if ((await take(bytes, ofHeight, cosignature)) === 'pass-on') publish(bytes)
      }
      const at = await gatheredAt(height)
      const { checkpoint } = at
      if (!signing || checkpoint.size < signing.signed.state.size) return
      // Written before it left: what stopped in between says the same again.
      const isAgain = checkpoint.size === signing.signed.state.size
      if (isAgain && !equalBytes(checkpoint.logRoot, signing.signed.state.logRoot)) return
      const { address, signer } = signing
      if (!signersOf(at).some((one) => one.address === address && one.keyNumber === signer.keyNumber)) return
      if (isAgain && at.signatures.has(signatureKey({ address, keyNumber: signer.keyNumber }))) return
      const issuedAtSeconds = isAgain ? signing.signed.state.issuedAtSeconds : Math.max(Math.floor(clock.nowMs() / 1000), signing.signed.state.issuedAtSeconds)
      if (!isAgain) await signing.signed.write(() => ({ size: checkpoint.size, logRoot: checkpoint.logRoot, issuedAtSeconds }))
      const cosignature = await cosign(checkpoint, address, issuedAtSeconds, signer)
      const bytes = encodeCosignature(checkpoint, signer.publicKey.algorithm, cosignature)
      await count(at, { cosignature, bytes, isKept: false })
      publish(bytes)
    },
    async receive(peer, bytes) {
      const read = judge(() => readCosignature(bytes))
      if (!read.ok || read.value.height < 1) return 'reject'
      const { height, cosignature } = read.value
      if (height < (head?.checkpoint.height ?? 0) && !isWanted(height)) return 'keep'
      if (height <= ledger.position.height) return take(bytes, height, cosignature)
      // Whether it holds shows when the block is final here; then it is passed on.
      if (height <= ledger.position.height + EARLY_HEIGHTS_MAX) early.hold(peer, height, bytes)
      return 'keep'
    },
    recent: () => [...new Set([...(newest ? [newest] : []), ...gathered.values()].flatMap(({ signatures }) => [...signatures.values()].map(({ bytes }) => bytes)))],
    handoversAbove: (height) => encodeHandovers(path, height, RANGE_BYTES_MAX),
  }
  for (const { bytes, height, cosignature } of await newestKept(ledger)) await take(bytes, height, cosignature, true)
  return cosigning
}

/** What was certified before this node stopped. It can be had again from others, so one that cannot be read is no reason not to start. */
async function newestKept({ store, position }: Ledger): Promise<{ bytes: Uint8Array; height: number; cosignature: Cosignature }[]> {
  let newest: { bytes: Uint8Array; height: number; cosignature: Cosignature }[] = []
  for await (const bytes of store.kept('cosignature')) {
    const read = judge(() => readCosignature(bytes))
    if (!read.ok || read.value.height < 1 || read.value.height > position.height) continue
    newest.push({ bytes, ...read.value })
    if (newest.length > 2 * KEPT_READ_MAX) newest = newest.sort((a, b) => b.height - a.height).slice(0, KEPT_READ_MAX)
  }
  return newest
}
