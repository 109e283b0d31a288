import { ALGORITHMS, bytesToHex, encode, equalBytes, fail, isAddress, KEY_NUMBER_MAX, judge, x25519PublicKey } from '@telltale/core'
import type { Algorithm, TelltaleError } from '@telltale/core'
import { publicKeyOfSecret } from './node-signer.ts'
import { ARGON2_LANES_MAX, ARGON2_MEMORY_KIB_MAX, ARGON2_PASSES_MAX } from './secret-box.ts'
import type { SecretBox } from './secret-box.ts'
import { createStrictJson } from './strict-json.ts'
import type { StrictJson } from './strict-json.ts'

/**
 * The text of a key file, version 1: one JSON object of exactly
 * `version` (1), `kind`, `algorithm`, `address` (or null), `keyNumber`, `publicKey` (hex) and `secret`: hex, or
 * `{"argon2id": {"m": KiB, "t": passes, "p": lanes, "salt": hex}, "aes-256-gcm": {"nonce": hex, "box": hex}}`.
 */
export interface KeyFileHead {
  /** `signing`: a key of an identity; `seal`: an X25519 key to which grants are sealed. */
  kind: 'signing' | 'seal'
  algorithm: Algorithm | 'X25519'
  /** Address of the identity, null while it has none. */
  address: string | null
  /** Number of the key of its identity, 0 to 255. */
  keyNumber: number
  /** Material as in `PublicKey`, or the 32 bytes of an X25519 key. */
  publicKey: Uint8Array
}

/** A key as it is used: 32 secret bytes, or PKCS #8 (DER) for RS256. */
export interface KeyFileContent extends KeyFileHead {
  secret: Uint8Array
}

/** A key file as it was read: its secret in the open, or still behind a password. */
export interface KeyFile {
  head: KeyFileHead
  secret: Uint8Array | SecretBox
}

export function keyFileToText({ head, secret }: KeyFile): string {
  const { kind, algorithm, address, keyNumber, publicKey } = head
  return `${JSON.stringify({ version: 1, kind, algorithm, address, keyNumber, publicKey: bytesToHex(publicKey), secret: secretToJson(secret) }, null, 2)}\n`
}

function secretToJson(secret: Uint8Array | SecretBox): unknown {
  if (secret instanceof Uint8Array) return bytesToHex(secret)
  const { memoryKiB, passes, lanes, salt } = secret.argon2id
  return {
    argon2id: { m: memoryKiB, t: passes, p: lanes, salt: bytesToHex(salt) },
    'aes-256-gcm': { nonce: bytesToHex(secret.nonce), box: bytesToHex(secret.box) },
  }
}

/** Reads the text of a key file; `path` is for messages (`malformed-key-file`). */
export function keyFileFromText(text: string, path: string): KeyFile {
  const json = createStrictJson((expected) => malformed(path, expected))
  const file = json.object(json.parse(text), ['version', 'kind', 'algorithm', 'address', 'keyNumber', 'publicKey', 'secret'])
  if (file['version'] !== 1) throw malformed(path, 'version 1')
  const { kind, algorithm, address, keyNumber } = file
  if (kind !== 'signing' && kind !== 'seal') throw malformed(path, 'kind "signing" or "seal"')
  if (!isAlgorithmOf(kind, algorithm)) throw malformed(path, `an algorithm for kind "${kind}"`)
  if (address !== null && (typeof address !== 'string' || !isAddress(address, 'tt'))) throw malformed(path, 'an address or null')
  if (typeof keyNumber !== 'number' || !Number.isInteger(keyNumber) || keyNumber < 0 || keyNumber > KEY_NUMBER_MAX) throw malformed(path, `a key number of 0 to ${KEY_NUMBER_MAX}`)
  const head: KeyFileHead = { kind, algorithm, address, keyNumber, publicKey: json.hex(file['publicKey'], 'publicKey') }
  if (typeof file['secret'] !== 'string') return { head, secret: readBox(file['secret'], json, path) }
  const secret = json.hex(file['secret'], 'secret')
  checkKeyPair({ ...head, secret }, path)
  return { head, secret }
}

/** Refuses a secret that does not belong to the public key beside it (`malformed-key-file`). */
export function checkKeyPair(content: KeyFileContent, path: string): void {
  const { algorithm, publicKey, secret } = content
  const own = judge(() => (algorithm === 'X25519' ? x25519Public(secret, path) : publicKeyOfSecret(algorithm, secret).material))
  if (!own.ok || !equalBytes(own.value, publicKey)) throw malformed(path, 'the secret of the public key beside it')
}

function x25519Public(secret: Uint8Array, path: string): Uint8Array {
  if (secret.length !== 32) throw malformed(path, 'a secret of 32 bytes')
  return x25519PublicKey(secret)
}

/** What is authenticated together with the secret of a file that has a password: everything beside it. */
export function keyFileHeadToBytes({ kind, algorithm, address, keyNumber, publicKey }: KeyFileHead): Uint8Array {
  return encode(['tt-key-file-1', kind, algorithm, address, keyNumber, publicKey])
}

function readBox(value: unknown, json: StrictJson, path: string): SecretBox {
  const outer = json.object(value, ['argon2id', 'aes-256-gcm'])
  const kdf = json.object(outer['argon2id'], ['m', 't', 'p', 'salt'])
  const box = json.object(outer['aes-256-gcm'], ['nonce', 'box'])
  const lanes = json.count(kdf['p'], 1, ARGON2_LANES_MAX)
  const salt = json.hex(kdf['salt'], 'salt')
  if (salt.length < 8 || salt.length > 64) throw malformed(path, 'a salt of 8 to 64 bytes')
  return {
    // RFC 9106, 3.1: at least 8 KiB a lane.
    argon2id: { memoryKiB: json.count(kdf['m'], 8 * lanes, ARGON2_MEMORY_KIB_MAX), passes: json.count(kdf['t'], 1, ARGON2_PASSES_MAX), lanes, salt },
    nonce: json.hex(box['nonce'], 'nonce', 12),
    box: json.hex(box['box'], 'box'),
  }
}

function isAlgorithmOf(kind: 'signing' | 'seal', algorithm: unknown): algorithm is Algorithm | 'X25519' {
  return kind === 'seal' ? algorithm === 'X25519' : ALGORITHMS.some((name) => name === algorithm)
}

/** Says what should be there, never what is: it may be part of a secret. */
function malformed(path: string, expected: string): TelltaleError {
  return fail('malformed-key-file', `The key file ${path} cannot be used: expected ${expected}. It may be half-written; restore it from a backup or from its 24 words.`, { expected, found: 'something else' })
}
