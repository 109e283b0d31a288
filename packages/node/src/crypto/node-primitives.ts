import { createCipheriv, createDecipheriv, createHmac, hash, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { publicKeyToObject } from './key-object.ts'
import type { Primitives, PublicKey } from '@telltale/core'

export interface NodePrimitivesOptions {
  /**
   * `thread` (default) checks signatures where it is called: lowest latency for one. `pool` hands them to Node's thread
   * pool and returns promises: highest throughput for many, on every core.
   */
  verifyOn?: 'thread' | 'pool'
}

/** Imported keys kept: an import costs about as much as a fifth of a verification, and a network has few keys that sign often. */
const CACHED_KEYS_MAX = 4096
const TAG_BYTES = 16

/** Primitives on node:crypto (OpenSSL). They agree with `portable` on every input that has canonical form. */
export function createNodePrimitives(options: NodePrimitivesOptions = {}): Primitives {
  const importKey = createKeyCache()
  const check = options.verifyOn === 'pool' ? verifyOnPool : verifyOnThread
  return {
    sha256,
    hmacSha256: (key, bytes) => plain(createHmac('sha256', key).update(bytes).digest()),
    aesGcmSeal(key, nonce, plaintext) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      return plain(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]))
    },
    aesGcmOpen,
    verify(key, message, signature) {
      const object = importKey(key)
      return object !== null && check(key, object, message, signature)
    },
  }
}

/** Through a string of one character a byte: Node makes one in a quarter of the time that a Buffer outside of the heap takes it. */
function sha256(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'latin1')
  const digest = new Uint8Array(32)
  for (let i = 0; i < 32; i++) digest[i] = text.charCodeAt(i)
  return digest
}

function aesGcmOpen(key: Uint8Array, nonce: Uint8Array, box: Uint8Array): Uint8Array | null {
  if (box.length < TAG_BYTES) return null
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(box.subarray(box.length - TAG_BYTES))
  const start = decipher.update(box.subarray(0, box.length - TAG_BYTES))
  try {
    return plain(Buffer.concat([start, decipher.final()]))
  } catch {
    // OpenSSL reports a wrong tag, and only that, by throwing here.
    return null
  }
}

function verifyOnThread(key: PublicKey, object: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  return verify(digestOf(key), message, { key: object, dsaEncoding: 'ieee-p1363' }, signature)
}

function verifyOnPool(key: PublicKey, object: KeyObject, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(digestOf(key), message, { key: object, dsaEncoding: 'ieee-p1363' }, signature, (error, valid) => {
      if (error) reject(error)
      else resolve(valid)
    })
  })
}

/** Ed25519 hashes by itself. */
function digestOf(key: PublicKey): string | null {
  return key.algorithm === 'EdDSA' ? null : 'sha256'
}

/** Keeps the keys used last; null where the bytes are no key of the algorithm. */
function createKeyCache(): (key: PublicKey) => KeyObject | null {
  const objects = new Map<string, KeyObject | null>()
  return (key) => {
    const name = key.algorithm + Buffer.from(key.material.buffer, key.material.byteOffset, key.material.length).toString('latin1')
    const known = objects.get(name)
    if (known !== undefined) return known
    const object = tryImport(key)
    // A Map iterates in order of insertion: the first key is the one imported longest ago.
    if (objects.size >= CACHED_KEYS_MAX) objects.delete(objects.keys().next().value as string)
    objects.set(name, object)
    return object
  }
}

function tryImport(key: PublicKey): KeyObject | null {
  try {
    return publicKeyToObject(key)
  } catch {
    // OpenSSL refuses points off the curve by throwing.
    return null
  }
}

/** A Uint8Array over the same memory: Buffers print, compare and slice differently, and must not leak into values that are compared. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
