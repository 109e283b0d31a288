import { createHash } from 'node:crypto'
import { bytesToHex, createSoftwareSigner, hexToBytes } from '@telltale/core'
import type { Signer } from '@telltale/core'
import { testBytes, testSigner } from '@telltale/testing'

/** Keys and signatures that some libraries accept and that mean nothing. */

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const ORDERS = { ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n, ES256K: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n } as const
const IDENTITY = new Uint8Array(32)
IDENTITY[0] = 1

/** A point of order 8: whoever finds a nonce for which the hash is a multiple of 8 signs without any secret. */
const SMALL_ORDER = hexToBytes('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
/** The same point and the key of number 70, added. */
const MIXED_ORDER = hexToBytes('623a5eaefac413ebb4b8bc91362ddcd686b3e86d4b0f92e1838d5acc59940a21')

export function smallOrderSigner(keyNumber = 0): Signer {
  return torsionSigner(SMALL_ORDER, 0n, keyNumber)
}

export function mixedOrderSigner(keyNumber = 0): Signer {
  return torsionSigner(MIXED_ORDER, scalarOf(testBytes('secret 70')), keyNumber)
}

/** S = r + k a, with a nonce for which the torsion falls away. */
function torsionSigner(material: Uint8Array, secret: bigint, keyNumber: number): Signer {
  return {
    publicKey: { algorithm: 'EdDSA', material },
    keyNumber,
    sign(message) {
      for (let i = 0; ; i++) {
        const seed = testBytes(`nonce ${i}`)
        const point = createSoftwareSigner('EdDSA', seed, 0).publicKey.material
        const challenge = challengeOf(point, material, message)
        if (challenge % 8n === 0n) return join(point, scalarOf(seed) + challenge * secret)
      }
    },
  }
}

/** Signatures of number `n` with the identity as R: valid for whoever clears the cofactor or does not look. */
export function identityNonceSigner(n: number, keyNumber = 0): Signer {
  const { publicKey } = testSigner(n, 'EdDSA', keyNumber)
  return { publicKey, keyNumber, sign: (message) => join(IDENTITY, challengeOf(IDENTITY, publicKey.material, message) * scalarOf(testBytes(`secret ${n}`))) }
}

/** The same signature with the order of the group added to S. */
export function addOrder(signature: Uint8Array): Uint8Array {
  return new Uint8Array([...signature.subarray(0, 32), ...littleEndianBytes(littleEndian(signature.subarray(32)) + ORDER)])
}

/** The other signature that an ECDSA signature gives to everybody: n - s. */
export function highS(algorithm: 'ES256' | 'ES256K', signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${bytesToHex(signature.subarray(32))}`)
  return new Uint8Array([...signature.subarray(0, 32), ...hexToBytes((ORDERS[algorithm] - s).toString(16).padStart(64, '0'))])
}

function join(point: Uint8Array, scalar: bigint): Uint8Array {
  return new Uint8Array([...point, ...littleEndianBytes(scalar % ORDER)])
}

/** RFC 8032, 5.1.7. */
function challengeOf(point: Uint8Array, key: Uint8Array, message: Uint8Array): bigint {
  return littleEndian(createHash('sha512').update(point).update(key).update(message).digest()) % ORDER
}

/** RFC 8032, 5.1.5. */
function scalarOf(seed: Uint8Array): bigint {
  const half = new Uint8Array(createHash('sha512').update(seed).digest().subarray(0, 32))
  half[0] = (half[0] as number) & 248
  half[31] = ((half[31] as number) & 127) | 64
  return littleEndian(half)
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(new Uint8Array(bytes).reverse())}`)
}

function littleEndianBytes(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(64, '0')).reverse()
}
