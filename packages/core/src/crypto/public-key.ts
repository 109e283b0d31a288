import { concatBytes } from '../bytes/concat.ts'
import { asBytes, asExactly, asMap, wrongShape } from '../encoding/shape.ts'
import type { Cbor, CborMap } from '../encoding/cbor.ts'
import { encode } from '../encoding/writer.ts'
import { fail } from '../errors.ts'
import { RSA_BITS_MAX, RSA_BITS_MIN } from '../limits.ts'
import { algorithmToNumber, numberToAlgorithm } from './algorithm.ts'
import type { Algorithm } from './algorithm.ts'
import { isEcdsaPoint } from './ecdsa.ts'
import { isEd25519Key } from './ed25519.ts'

/** A key as it is registered: one algorithm for ever. */
export interface PublicKey {
  algorithm: Algorithm
  /** Ed25519: the 32 bytes of RFC 8032; ES256 and ES256K: x and y, 32 bytes each; RS256: the modulus, big-endian (the exponent is always 65537). */
  material: Uint8Array
}

const KTY_OKP = 1
const KTY_EC2 = 2
const KTY_RSA = 3
const CURVES = { EdDSA: 6, ES256: 1, ES256K: 8 } as const
const RSA_EXPONENT = new Uint8Array([1, 0, 1])

/** COSE_Key (RFC 9052, 7): exactly kty, alg, crv, x (and y); for RSA kty, alg, n, e (RFC 8230). */
export function publicKeyToCose(key: PublicKey): CborMap {
  const map = thumbprintMembers(key)
  map.set(3, algorithmToNumber(key.algorithm))
  return map
}

/** Reads a COSE_Key of exactly the members above and checks the key itself (`wrong-shape`, `unknown-algorithm`, `weak-key`). */
export function publicKeyFromCose(value: Cbor | undefined): PublicKey {
  const key = registeredKeyFromCose(value)
  checkPublicKey(key)
  return key
}

/** The same for a key that was checked when it was registered and is read back from our own state; the check costs more than a signature. */
export function registeredKeyFromCose(value: Cbor | undefined): PublicKey {
  const map = asMap(value, 'COSE_Key')
  const alg = map.get(3)
  if (typeof alg !== 'number') throw wrongShape('COSE_Key alg', 'an algorithm number', alg)
  const algorithm = numberToAlgorithm(alg)
  return { algorithm, material: readMaterial(map, algorithm) }
}

function readMaterial(map: CborMap, algorithm: Algorithm): Uint8Array {
  const expectedSize = algorithm === 'ES256' || algorithm === 'ES256K' ? 5 : 4
  if (map.size !== expectedSize) throw wrongShape('COSE_Key', `exactly ${expectedSize} members`, map)
  if (algorithm === 'RS256') {
    asExactly(map.get(1), KTY_RSA, 'COSE_Key kty')
    const exponent = asBytes(map.get(-2), 'COSE_Key e', 3)
    if (exponent.some((byte, i) => byte !== RSA_EXPONENT[i])) throw wrongShape('COSE_Key e', '65537', exponent)
    return asBytes(map.get(-1), 'COSE_Key n')
  }
  asExactly(map.get(1), algorithm === 'EdDSA' ? KTY_OKP : KTY_EC2, 'COSE_Key kty')
  asExactly(map.get(-1), CURVES[algorithm], 'COSE_Key crv')
  const x = asBytes(map.get(-2), 'COSE_Key x', 32)
  return algorithm === 'EdDSA' ? x : concatBytes(x, asBytes(map.get(-3), 'COSE_Key y', 32))
}

/** Refuses keys for which "signed by" would mean nothing: off the curve, of small order, with a torsion part, too short (`weak-key`). */
export function checkPublicKey(key: PublicKey): void {
  if (isSoundKey(key)) return
  throw fail('weak-key', `The ${key.algorithm} key is not one that signatures can be trusted under.`, {
    expected: key.algorithm === 'RS256' ? `an odd modulus of ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits` : 'a point of prime order on the curve, in canonical form',
    found: 'another key',
  })
}

function isSoundKey(key: PublicKey): boolean {
  switch (key.algorithm) {
    case 'EdDSA':
      return isEd25519Key(key.material)
    case 'ES256':
    case 'ES256K':
      return isEcdsaPoint(key.algorithm, key.material)
    case 'RS256':
      return isRsaModulus(key.material)
  }
}

function isRsaModulus(modulus: Uint8Array): boolean {
  const first = modulus[0]
  const last = modulus[modulus.length - 1]
  if (first === undefined || last === undefined || first === 0) return false
  const bits = modulus.length * 8 - Math.clz32(first) + 24
  return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX && (last & 1) === 1
}

/** SHA-256 over the required members only (RFC 9679, 3): the algorithm does not count. */
export function keyThumbprint(key: PublicKey, sha256: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  return sha256(encode(thumbprintMembers(key)))
}

function thumbprintMembers(key: PublicKey): CborMap {
  const { algorithm, material } = key
  if (algorithm === 'RS256') return new Map<number, Cbor>([[1, KTY_RSA], [-1, material], [-2, RSA_EXPONENT]])
  if (algorithm === 'EdDSA') return new Map<number, Cbor>([[1, KTY_OKP], [-1, CURVES.EdDSA], [-2, material]])
  return new Map<number, Cbor>([[1, KTY_EC2], [-1, CURVES[algorithm]], [-2, material.subarray(0, 32)], [-3, material.subarray(32)]])
}
