import { argon2, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

/** A secret behind a password: argon2id (RFC 9106) makes a key, AES-256-GCM seals with it. */
export interface SecretBox {
  argon2id: Argon2Parameters
  nonce: Uint8Array
  /** Ciphertext, then the 16-byte tag. */
  box: Uint8Array
}

export interface Argon2Parameters {
  memoryKiB: number
  passes: number
  lanes: number
  salt: Uint8Array
}

/** RFC 9106, 4: the second recommended choice, 64 MiB and three passes; one lane, because Node runs lanes one after the other. */
export const ARGON2_DEFAULTS = { memoryKiB: 65_536, passes: 3, lanes: 1 } as const
/** A file from elsewhere must not make us take all memory or run for hours. */
export const ARGON2_MEMORY_KIB_MAX = 1_048_576
export const ARGON2_PASSES_MAX = 16
export const ARGON2_LANES_MAX = 16

const TAG_BYTES = 16

/** Seals a secret; `bound` is authenticated with it and must be the same for opening. */
export async function sealSecret(secret: Uint8Array, password: string, bound: Uint8Array): Promise<SecretBox> {
  const argon2id = { ...ARGON2_DEFAULTS, salt: new Uint8Array(randomBytes(16)) }
  const nonce = new Uint8Array(randomBytes(12))
  const cipher = createCipheriv('aes-256-gcm', await passwordToKey(password, argon2id), nonce).setAAD(bound)
  return { argon2id, nonce, box: new Uint8Array(Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()])) }
}

/** The secret, or null where password or bytes are not the ones it was sealed with. */
export async function openSecret(sealed: SecretBox, password: string, bound: Uint8Array): Promise<Uint8Array | null> {
  if (sealed.box.length < TAG_BYTES) return null
  const cut = sealed.box.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', await passwordToKey(password, sealed.argon2id), sealed.nonce, { authTagLength: TAG_BYTES }).setAAD(bound)
  decipher.setAuthTag(sealed.box.subarray(cut))
  const start = decipher.update(sealed.box.subarray(0, cut))
  try {
    return new Uint8Array(Buffer.concat([start, decipher.final()]))
  } catch {
    // OpenSSL reports a wrong tag, and only that, by throwing here.
    return null
  }
}

/** The password is normalised (NFKC), so that it opens the file on another keyboard, too. */
export async function passwordToKey(password: string, { memoryKiB, passes, lanes, salt }: Argon2Parameters): Promise<Uint8Array> {
  return promisify(argon2)('argon2id', { message: password.normalize('NFKC'), nonce: salt, memory: memoryKiB, passes, parallelism: lanes, tagLength: 32 })
}
