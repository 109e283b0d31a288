import { createSoftwareSigner, keyToAddress, portable, textToBytes } from '@telltale/core'
import type { Authority, Signer } from '@telltale/core'

export const NETWORK: Uint8Array = new Uint8Array(32).fill(7)
export const ASSET = 'ta1l2y38jvvthxj0pdlyv3wha6mnzuasmd068qg8u'

export interface Person {
  address: string
  signer: Signer
}

/** Somebody with a fixed key. */
export function person(name: string, keyNumber = 0): Person {
  const signer = createSoftwareSigner('EdDSA', portable.sha256(textToBytes(`test ${name} ${keyNumber}`)), keyNumber)
  const first = createSoftwareSigner('EdDSA', portable.sha256(textToBytes(`test ${name} 0`)), 0)
  return { address: keyToAddress(first.publicKey, portable), signer }
}

export const AUTHORITY = person('authority')
export const OWNER = person('owner')
export const DEVICE = person('device')

export function authorityOf({ address, signer }: Person): Authority {
  return { address, keyNumber: signer.keyNumber, key: signer.publicKey }
}

/** Every contact of a device with the world passes through this; a test may let one of them fail. */
export type Contact = <T>(what: string, work: () => T | Promise<T>) => Promise<T>
