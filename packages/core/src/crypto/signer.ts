import type { PublicKey } from './public-key.ts'

/** Something that holds one secret key: a key file, a secure element, WebCrypto. It never gives the secret away. */
export interface Signer {
  publicKey: PublicKey
  /** Number of this key of its identity, 0 to 255. */
  keyNumber: number
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
}
