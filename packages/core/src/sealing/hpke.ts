import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { assert } from '../assert.ts'
import { concatBytes } from '../bytes/concat.ts'

/** HPKE (RFC 9180) as we use it: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, one message, no aad. A box is enc (32 bytes) || ciphertext and tag. */

const ENCAPSULATED_BYTES = 32
const TAG_BYTES = 16

/** `seed` is 32 fresh random bytes, never used twice: the ephemeral key is derived from it (RFC 9180, 4 and 7.1.3), so that nothing here draws randomness. */
export async function hpkeSeal(publicKey: Uint8Array, info: Uint8Array, plaintext: Uint8Array, seed: Uint8Array): Promise<Uint8Array> {
  assert(seed.length === 32, 'the seed of an ephemeral key has 32 bytes')
  const suite = createSuite()
  const sender = await suite.createSenderContext({ recipientPublicKey: await suite.kem.deserializePublicKey(publicKey), info, ekm: seed })
  return concatBytes(new Uint8Array(sender.enc), new Uint8Array(await sender.seal(plaintext)))
}

/** The plaintext, or null where the box is not for this key and `info`, or was changed. `secret` has 32 bytes. */
export async function hpkeOpen(secret: Uint8Array, info: Uint8Array, box: Uint8Array): Promise<Uint8Array | null> {
  if (box.length < ENCAPSULATED_BYTES + TAG_BYTES) return null
  const suite = createSuite()
  const recipientKey = await suite.kem.deserializePrivateKey(secret)
  try {
    const recipient = await suite.createRecipientContext({ recipientKey, enc: box.subarray(0, ENCAPSULATED_BYTES), info })
    return new Uint8Array(await recipient.open(box.subarray(ENCAPSULATED_BYTES)))
  } catch {
    // The library reports an ephemeral key of small order and a wrong tag, and nothing else that can happen here, by throwing.
    return null
  }
}

function createSuite(): CipherSuite {
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() })
}
