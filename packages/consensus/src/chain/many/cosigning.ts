import { bytesToMapKey, cosign, cosignatureCheck, encodeCosignature, equalBytes, isQuorum, judge, readCosignature } from '@telltale/core'
import type { AuthoritySet, Checkpoint, Cosignature, Passing, SignatureCheck, Signer } from '@telltale/core'
import { decodeBlock, networkAt, setAt } from '@telltale/ledger'
import type { Ledger } from '@telltale/ledger'
import { checkpointOf } from '../certifier.ts'
import type { CertifiedHead } from '../certifier.ts'
import type { SignatureVerifier } from '../signature-verifier.ts'
import { EARLY_COSIGNATURES_MAX } from './limits.ts'
import type { SignedFile } from './signed-file.ts'

/** Cosignatures of final blocks, gathered until more than two thirds of a set have signed one checkpoint. */
export interface Cosigning {
  readonly head: CertifiedHead | null
  /** A block with transactions became final: signs it, if this node is an authority, and counts what came early. */
  onFinal(height: number): Promise<void>
  receive(bytes: Uint8Array): Promise<Passing>
  /** Those of the newest certified checkpoint, and those above it. */
  recent(): Uint8Array[]
}

interface CosigningInit {
  ledger: Ledger
  /** Null for a node that is no authority. */
  signing: { signer: Signer; address: string; signed: SignedFile } | null
  verifier: SignatureVerifier
  clock: { nowMs(): number }
  publish(bytes: Uint8Array): void
  /** One was checked and counted. */
  onCosignature(address: string, height: number, timeMs: number): void
  onCertified(head: CertifiedHead): void
}

interface Gathered {
  checkpoint: Checkpoint
  set: AuthoritySet
  signatures: Map<string, { cosignature: Cosignature; bytes: Uint8Array }>
}

/** Cosignatures that are read again at start: those of the newest blocks. */
const KEPT_READ_MAX = 512
/** Heights whose cosignatures are gathered at the same time. */
const GATHERED_MAX = 256

export async function createCosigning({ ledger, signing, verifier, clock, publish, onCosignature, onCertified }: CosigningInit): Promise<Cosigning> {
  let head: CertifiedHead | null = null
  let newest: Uint8Array[] = []
  const gathered = new Map<number, Gathered>()
  const early = new Map<string, Uint8Array>()

  const gatheredAt = async (height: number): Promise<Gathered> => {
    const known = gathered.get(height)
    if (known) return known
    const { header } = decodeBlock((await ledger.store.readBlock(height)).bytes)
    const opened = gathered.get(height) ?? { checkpoint: checkpointOf(ledger.network, header), set: setAt(networkAt(ledger.position), height), signatures: new Map<string, { cosignature: Cosignature; bytes: Uint8Array }>() }
    gathered.set(height, opened)
    for (const other of [...gathered.keys()].sort((a, b) => a - b)) if (gathered.size > GATHERED_MAX) gathered.delete(other)
    return opened
  }

  const count = async (at: Gathered, bytes: Uint8Array, cosignature: Cosignature): Promise<void> => {
    at.signatures.set(cosignature.address, { cosignature, bytes })
    onCosignature(cosignature.address, at.checkpoint.height, cosignature.issuedAtSeconds * 1000)
    const signers = at.set.filter(({ address }) => at.signatures.has(address))
    if (!isQuorum(signers.length, at.set.length) || at.checkpoint.height < (head?.checkpoint.height ?? 0)) return
    const isNew = at.checkpoint.height > (head?.checkpoint.height ?? 0)
    const cosignatures = signers.map(({ address }) => at.signatures.get(address)!)
    head = { checkpoint: at.checkpoint, set: at.set, cosignatures: cosignatures.map((one) => one.cosignature) }
    newest = cosignatures.map((one) => one.bytes)
    if (!isNew) return
    for (const kept of newest) await ledger.store.keep('cosignature', kept)
    for (const height of gathered.keys()) if (height < at.checkpoint.height) gathered.delete(height)
    onCertified(head)
  }

  /** One that belongs to a final block here. */
  const take = async (bytes: Uint8Array, height: number, cosignature: Cosignature): Promise<Passing> => {
    const at = await gatheredAt(height)
    if (at.signatures.has(cosignature.address)) return 'keep'
    const authority = at.set.find(({ address, keyNumber }) => address === cosignature.address && keyNumber === cosignature.keyNumber)
    if (!authority || !equalBytes(bytes, encodeCosignature(at.checkpoint, authority.key.algorithm, cosignature))) return 'reject'
    const check: SignatureCheck = cosignatureCheck(at.checkpoint, authority, cosignature)
    if (!(await verifier.verify([check]))) return 'reject'
    await count(at, bytes, cosignature)
    return 'pass-on'
  }

  const cosigning: Cosigning = {
    get head() {
      return head
    },
    async onFinal(height) {
      for (const [key, bytes] of early) {
        const { height: ofHeight, cosignature } = readCosignature(bytes)
        if (ofHeight > ledger.position.height) continue
        early.delete(key)
        if ((await take(bytes, ofHeight, cosignature)) === 'pass-on') publish(bytes)
      }
      const at = await gatheredAt(height)
      const { checkpoint, set } = at
      const own = signing && set.find(({ address, keyNumber }) => address === signing.address && keyNumber === signing.signer.keyNumber)
      if (!signing || !own || checkpoint.size <= signing.signed.state.size) return
      const issuedAtSeconds = Math.max(Math.floor(clock.nowMs() / 1000), signing.signed.state.issuedAtSeconds)
      await signing.signed.write(() => ({ size: checkpoint.size, logRoot: checkpoint.logRoot, issuedAtSeconds }))
      const cosignature = await cosign(checkpoint, signing.address, issuedAtSeconds, signing.signer)
      const bytes = encodeCosignature(checkpoint, own.key.algorithm, cosignature)
      await count(at, bytes, cosignature)
      publish(bytes)
    },
    async receive(bytes) {
      const read = judge(() => readCosignature(bytes))
      if (!read.ok || read.value.height < 1) return 'reject'
      const { height, cosignature } = read.value
      if (height < (head?.checkpoint.height ?? 0)) return 'keep'
      if (height <= ledger.position.height) return take(bytes, height, cosignature)
      // Whether it holds shows when the block is final here; then it is passed on.
      if (early.size < EARLY_COSIGNATURES_MAX) early.set(bytesToMapKey(bytes), bytes)
      return 'keep'
    },
    recent: () => [...new Set([...newest, ...[...gathered.values()].flatMap(({ signatures }) => [...signatures.values()].map(({ bytes }) => bytes))])],
  }
  for (const { bytes, height, cosignature } of await newestKept(ledger)) await take(bytes, height, cosignature)
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
