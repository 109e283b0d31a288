import { createHash } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'

/** A signature that the holder of an honest key can make and that libraries judge differently. */
export interface CraftedSignature {
  what: string
  valid: boolean
  /** Whether an implementation that clears the cofactor and takes any encoding (ZIP 215) accepts it. */
  validWithCofactor: boolean
  message: string
  publicKey: string
  signature: string
}

const { Point } = ed25519
const ORDER = Point.Fn.ORDER
const { scalar: SCALAR, pointBytes: KEY } = ed25519.utils.getExtendedPublicKey(new Uint8Array(32).fill(3))
const MESSAGE = Buffer.from('15590 km')
const NONCE = 12_345n

/** vectors/ed25519-crafted.json, which other platforms are tested with, must hold exactly these. */
export function craftSignatures(): CraftedSignature[] {
  const torsion = Point.fromBytes(hexToBytes('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'))
  const honest = sign(NONCE, Point.ZERO)
  const crafted = [describe('honest', true, true, honest)]
  for (let i = 1n; i < 8n; i++) crafted.push(describe(`R = r B and ${i} times a point of order 8`, false, true, sign(NONCE, torsion.multiplyUnsafe(i))))
  for (let i = 1n; i < 8n; i++) crafted.push(describe(`R = ${i} times a point of order 8`, false, true, sign(0n, torsion.multiplyUnsafe(i))))
  crafted.push(describe('R = the identity', false, true, sign(0n, Point.ZERO)))
  crafted.push(describe('S + L', false, false, join(honest.subarray(0, 32), littleEndian(honest.subarray(32)) + ORDER)))
  return crafted
}

function describe(what: string, valid: boolean, validWithCofactor: boolean, signature: Uint8Array): CraftedSignature {
  return { what, valid, validWithCofactor, message: bytesToHex(MESSAGE), publicKey: bytesToHex(KEY), signature: bytesToHex(signature) }
}

/** R = r B + torsion, S = r + k a: satisfies the equation up to the torsion (RFC 8032, 5.1.6 and 5.1.7). */
function sign(r: bigint, torsion: InstanceType<typeof Point>): Uint8Array {
  const point = Point.BASE.multiplyUnsafe(r).add(torsion).toBytes()
  const k = littleEndian(createHash('sha512').update(point).update(KEY).update(MESSAGE).digest()) % ORDER
  return join(point, (r + k * SCALAR) % ORDER)
}

function join(point: Uint8Array, scalar: bigint): Uint8Array {
  return new Uint8Array([...point, ...hexToBytes(scalar.toString(16).padStart(64, '0')).toReversed()])
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(new Uint8Array(bytes).toReversed())}`)
}
