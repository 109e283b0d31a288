import { createSoftwareSigner, keyToAddress, portable, textToBytes } from '@telltale/core'
import type { Algorithm, Signer } from '@telltale/core'

/** Somebody who signs: an address that stays, and the key it signs with now. */
export interface TestIdentity {
  address: string
  signer: Signer
}

type PortableAlgorithm = Exclude<Algorithm, 'RS256'>

/** 32 bytes that anybody can compute: the same on every machine and in every run. */
export function testBytes(label: string): Uint8Array {
  return portable.sha256(textToBytes(`telltale test ${label}`))
}

/** Signer number `n`, from a fixed secret. */
export function testSigner(n: number, algorithm: PortableAlgorithm = 'EdDSA', keyNumber = 0): Signer {
  return createSoftwareSigner(algorithm, testBytes(`secret ${n}`), keyNumber)
}

/** Identity number `n` with its first key. */
export function testIdentity(n: number, algorithm: PortableAlgorithm = 'EdDSA'): TestIdentity {
  const signer = testSigner(n, algorithm)
  return { address: keyToAddress(signer.publicKey, portable), signer }
}
