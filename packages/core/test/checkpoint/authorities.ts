import { keyToAddress } from '../../src/address.ts'
import { cosign } from '../../src/checkpoint/cosignature.ts'
import { setHash, sortSet } from '../../src/checkpoint/authority-set.ts'
import type { Authority, AuthoritySet } from '../../src/checkpoint/authority-set.ts'
import type { Checkpoint } from '../../src/checkpoint/checkpoint.ts'
import type { Link, LinkSignature } from '../../src/checkpoint/link.ts'
import type { Algorithm } from '../../src/crypto/algorithm.ts'
import { portable } from '../../src/crypto/primitives.ts'
import type { Signer } from '../../src/crypto/signer.ts'
import { createSoftwareSigner } from '../../src/crypto/software-signer.ts'

export interface Cosigner extends Authority {
  signer: Signer
}

/** Somebody with key `keyNumber`; the address is that of their key 0. */
export function cosigner(n: number, keyNumber = 0, algorithm: Exclude<Algorithm, 'RS256'> = 'EdDSA'): Cosigner {
  const first = createSoftwareSigner(algorithm, new Uint8Array(32).fill(n), 0)
  const signer = keyNumber === 0 ? first : createSoftwareSigner(algorithm, new Uint8Array(32).fill(100 + n + keyNumber), keyNumber)
  return { address: keyToAddress(first.publicKey, portable), keyNumber, key: signer.publicKey, signer }
}

export function setOf(cosigners: Cosigner[]): AuthoritySet {
  return sortSet(cosigners.map(({ address, keyNumber, key }) => ({ address, keyNumber, key })))
}

export function checkpointOf(set: AuthoritySet, change: Partial<Checkpoint> = {}): Checkpoint {
  return { network: new Uint8Array(32).fill(1), height: 1_000, size: 5_000, logRoot: new Uint8Array(32).fill(2), stateRoot: new Uint8Array(32).fill(3), setHash: setHash(set, portable), ...change }
}

/** Their signatures by position in `set`; clocks are 1,000 seconds and their place in `signers`. */
export async function signaturesBy(signers: Cosigner[], set: AuthoritySet, checkpoint: Checkpoint): Promise<LinkSignature[]> {
  const signatures = await Promise.all(
    signers.map(async ({ address, signer }, i) => {
      const { issuedAtSeconds, signature } = await cosign(checkpoint, address, 1_000 + i, signer)
      return { position: set.findIndex((authority) => authority.address === address), issuedAtSeconds, signature }
    }),
  )
  return signatures.sort((a, b) => a.position - b.position)
}

/** A link to a checkpoint of the set of `own`, with the leavers of `trusted`. */
export async function linkBy(own: Cosigner[], signers: Cosigner[], trusted: Cosigner[], leavers: Cosigner[], isNew: boolean): Promise<Link> {
  const set = setOf(own)
  const checkpoint = checkpointOf(set)
  return { checkpoint, set: isNew ? set : null, signatures: await signaturesBy(signers, set, checkpoint), leavers: await signaturesBy(leavers, setOf(trusted), checkpoint) }
}
