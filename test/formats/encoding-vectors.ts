import assert from 'node:assert/strict'
import { Decimal, algorithmToNumber, bytesToHex, decode, encode, hexToBytes, isValidSignature, keyThumbprint, keyToAddress, portable, publicKeyFromCose, publicKeyToCose, textToBytes } from '@telltale/core'
import type { Algorithm, Cbor } from '@telltale/core'
import { secretOf, signerOf } from './actors.ts'
import { hex } from './vector.ts'
import type { Json } from './vector.ts'

/** Items that are accepted: what they mean in CBOR diagnostic notation, and their only encoding. */
const ACCEPTED: [string, Cbor][] = [
  ['0', 0],
  ['23', 23],
  ['24', 24],
  ['-1', -1],
  ['-24', -24],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['-9007199254740991', -Number.MAX_SAFE_INTEGER],
  ["h''", new Uint8Array(0)],
  ['"ü"', 'ü'],
  ['[true, false, null]', [true, false, null]],
  ['{24: 0, -1: 0}', new Map([[-1, 0], [24, 0]])],
  ['{0: 1, 6: 2, -2: 3, "a": 4}', new Map<number | string, Cbor>([['a', 4], [-2, 3], [6, 2], [0, 1]])],
  ['4([-1, 293])', new Decimal(293, -1)],
  ['4([-18, -1])', new Decimal(-1, -18)],
]

const REFUSED: [string, string, string][] = [
  ['1800', 'not-canonical', 'the number 0 in two bytes'],
  ['a22000181800', 'not-canonical', 'map keys in another order: {-1: 0, 24: 0}'],
  ['a200000001', 'not-canonical', 'a map key twice'],
  ['c4820002', 'not-canonical', 'a decimal with exponent 0'],
  ['c482200a', 'not-canonical', 'a decimal whose mantissa ten divides'],
  ['c4822000', 'not-canonical', 'zero as a decimal'],
  ['c4823201', 'not-canonical', 'a decimal with exponent -19'],
  ['1b0020000000000000', 'number-out-of-range', '2^53'],
  ['3b001fffffffffffff', 'number-out-of-range', '-2^53'],
  ['f90000', 'malformed-cbor', 'a float'],
  ['f7', 'malformed-cbor', 'undefined'],
  ['9f00ff', 'malformed-cbor', 'an array of indefinite length'],
  ['c100', 'malformed-cbor', 'tag 1'],
  ['a1f600', 'malformed-cbor', 'null as map key'],
  ['0000', 'malformed-cbor', 'a second item behind the first'],
  ['8200', 'malformed-cbor', 'an array of two elements that ends after the first'],
  ['61ff', 'malformed-text', 'text that is not UTF-8'],
  [`${'81'.repeat(16)}00`, 'too-deep', 'seventeen levels'],
]

export function cborVectors(): { [name: string]: Json } {
  const accepted = ACCEPTED.map(([diagnostic, item]) => ({ diagnostic, hex: hex(encode(item)) }))
  const refused = REFUSED.map(([text, code, why]) => ({ hex: text, code: refusedWith(code, () => decode(hexToBytes(text))), why }))
  return { accepted, refused, mapOrder: accepted[10]?.hex ?? '' }
}

/** The code that `read` must be refused with; it stands in the source, so that a vector never follows the code silently. */
function refusedWith(code: string, read: () => unknown): string {
  assert.throws(read, { code })
  return code
}

const MESSAGE = textToBytes('telltale')
const KEYS: [Algorithm, number][] = [['EdDSA', 1], ['ES256', 12], ['ES256K', 13], ['RS256', 14]]

export async function keyVectors(): Promise<{ [name: string]: Json }> {
  const vectors: { [name: string]: Json } = { message: hex(MESSAGE) }
  for (const [algorithm, number] of KEYS) {
    const signer = signerOf(number, algorithm, 0)
    const { publicKey } = signer
    vectors[algorithm] = {
      number: algorithmToNumber(algorithm),
      secret: hex(secretOf(number, algorithm)),
      coseKey: hex(encode(publicKeyToCose(publicKey))),
      thumbprint: hex(keyThumbprint(publicKey, portable.sha256)),
      address: keyToAddress(publicKey, portable),
      signature: hex(await signer.sign(MESSAGE)),
    }
  }
  return { ...vectors, refusedKeys: refusedKeys(), signatures: await signatureCases() }
}

/** Ed25519 keys under which a signature would mean nothing, and other COSE_Keys that are refused. */
const REFUSED_KEYS: [string, string, string][] = [
  ['the identity', `a4010103272006215820${'01'.padEnd(64, '0')}`, 'weak-key'],
  ['a point of order 8', `a401010327200621582026e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05`, 'weak-key'],
  ['y = 2^255 - 19 + 3, not in canonical form', `a4010103272006215820f0${'ff'.repeat(30)}7f`, 'weak-key'],
  ['a point of prime order and one of order 8, added', 'a40101032720062158203bcfb78c4ad06f9b8d7e8c50e37e33dd40042a7805f5df945fbf33620745bc68', 'weak-key'],
  ['an ES256 point off the curve', `a5010203262001215820${'11'.repeat(32)}225820${'11'.repeat(32)}`, 'weak-key'],
  ['an algorithm number that is not ours', `a4010103322006215820${'11'.repeat(32)}`, 'unknown-algorithm'],
  ['a member more (kid)', `a5010102410003272006215820${'11'.repeat(32)}`, 'wrong-shape'],
]

function refusedKeys(): Json[] {
  return REFUSED_KEYS.map(([why, text, code]) => ({ coseKey: text, code: refusedWith(code, () => publicKeyFromCose(decode(hexToBytes(text)))), why }))
}

/** Signatures that other libraries disagree about, by our rule. */
async function signatureCases(): Promise<Json[]> {
  const { publicKey: eddsa } = signerOf(1, 'EdDSA', 0)
  const honest = (await signerOf(1, 'EdDSA', 0).sign(MESSAGE)).slice()
  const es256 = signerOf(12, 'ES256', 0)
  const low = await es256.sign(MESSAGE)
  const cases: [string, Algorithm, Uint8Array, boolean][] = [
    ['honest', 'EdDSA', honest, true],
    ['S + L in place of S', 'EdDSA', withScalar(honest, ED25519_ORDER, 'little'), false],
    ['R is the identity, S is 0', 'EdDSA', hexToBytes(`01${'00'.repeat(63)}`), false],
    ['honest, low s', 'ES256', low, true],
    ['n - s in place of s', 'ES256', withScalar(low, P256_ORDER, 'big'), false],
    ['65 bytes', 'ES256', hexToBytes(`${bytesToHex(low)}00`), false],
  ]
  const judged: Json[] = []
  for (const [why, algorithm, signature, isValid] of cases) {
    const key = algorithm === 'EdDSA' ? eddsa : es256.publicKey
    assert.equal(await isValidSignature({ key, message: MESSAGE, signature }, portable), isValid, why)
    judged.push({ why, algorithm, signature: hex(signature), isValid })
  }
  return judged
}

const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The signature with S + order (little-endian), or with order - s (big-endian). */
function withScalar(signature: Uint8Array, order: bigint, endian: 'little' | 'big'): Uint8Array {
  const scalar = signature.slice(32)
  if (endian === 'little') scalar.reverse()
  const value = BigInt(`0x${bytesToHex(scalar)}`)
  const changed = hexToBytes((endian === 'little' ? value + order : order - value).toString(16).padStart(64, '0'))
  if (endian === 'little') changed.reverse()
  return new Uint8Array([...signature.subarray(0, 32), ...changed])
}
