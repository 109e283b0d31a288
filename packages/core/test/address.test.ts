import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { addressToBytes, createdId, isAddress, isName, keyToAddress } from '../src/address.ts'
import { bytesToHex } from '../src/bytes/hex.ts'
import { portable } from '../src/crypto/primitives.ts'
import { keyThumbprint } from '../src/crypto/public-key.ts'
import { createSoftwareSigner } from '../src/crypto/software-signer.ts'
import { codeOf } from './refusal.ts'

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const BECH32M = 0x2bc830a3

/** The checksum of BIP-173 with any constant, written after the text of BIP-350; `values` are five-bit words. */
function polymod(values: number[]): number {
  let sum = 1
  for (const value of values) {
    const top = sum >>> 25
    sum = (((sum & 0x1ffffff) << 5) ^ value) >>> 0
    for (const [i, generator] of [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3].entries()) if ((top >> i) & 1) sum = (sum ^ generator) >>> 0
  }
  return sum
}

function expandPrefix(prefix: string): number[] {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0))
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)]
}

function hasChecksum(text: string, constant: number): boolean {
  const lower = text.toLowerCase()
  const split = lower.lastIndexOf('1')
  const words = Array.from(lower.slice(split + 1), (character) => CHARSET.indexOf(character))
  return !words.includes(-1) && polymod([...expandPrefix(lower.slice(0, split)), ...words]) === constant
}

/** An address of 20 bytes with a checksum of our choice. */
function makeAddress(prefix: string, bytes: Uint8Array, constant = BECH32M): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  const words = (bits.match(/.{5}/g) ?? []).map((word) => Number.parseInt(word, 2))
  const sum = (polymod([...expandPrefix(prefix), ...words, 0, 0, 0, 0, 0, 0]) ^ constant) >>> 0
  const checksum = [25, 20, 15, 10, 5, 0].map((shift) => (sum >>> shift) & 31)
  return `${prefix}1${[...words, ...checksum].map((word) => CHARSET[word]).join('')}`
}

const bytes20 = fc.uint8Array({ minLength: 20, maxLength: 20 })
const SAMPLE = Uint8Array.from({ length: 20 }, (_, i) => i * 13)

suite('addresses', () => {
  test('the checksum here is that of BIP-350', () => {
    const valid = ['A1LQFN3A', 'a1lqfn3a', 'an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6', 'abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx', 'split1checkupstagehandshakeupstreamerranterredcaperredlc445v', '?1v759aa']
    for (const text of valid) assert.ok(hasChecksum(text, BECH32M), text)
    assert.ok(!hasChecksum('a1lqfn3q', BECH32M))
  })

  test('addresses are bech32m over 20 bytes, and lead back to them', () => {
    fc.assert(
      fc.property(bytes20, (bytes) => {
        const text = createdId('ta', bytes)
        assert.equal(text, makeAddress('ta', bytes))
        assert.equal(bytesToHex(addressToBytes(text, 'ta')), bytesToHex(bytes))
      }),
      { seed: 1 },
    )
  })

  test('an identity is named by the first 20 bytes of the thumbprint of its first key', () => {
    const { publicKey } = createSoftwareSigner('EdDSA', new Uint8Array(32).fill(7), 0)
    const thumbprint = keyThumbprint(publicKey, portable.sha256)
    assert.equal(keyToAddress(publicKey, portable), makeAddress('tt', thumbprint.subarray(0, 20)))
    assert.equal(keyToAddress(publicKey, portable).length, 41)
  })

  test('every change of one or two characters is found', () => {
    const text = makeAddress('tt', SAMPLE)
    assert.ok(isAddress(text, 'tt'))
    for (let i = 3; i < text.length; i++) {
      for (const character of CHARSET) {
        const changed = text.slice(0, i) + character + text.slice(i + 1)
        assert.equal(isAddress(changed, 'tt'), changed === text, changed)
      }
      const swapped = text.slice(0, i - 1) + (text[i] ?? '') + (text[i - 1] ?? '') + text.slice(i + 1)
      assert.equal(isAddress(swapped, 'tt'), swapped === text)
    }
  })

  test('there is one spelling of an address', () => {
    const text = makeAddress('tt', SAMPLE)
    assert.ok(isAddress(text, 'tt'))
    const others = {
      'upper case': text.toUpperCase(),
      'mixed case': text.slice(0, 10) + text.slice(10).toUpperCase(),
      'a space': `${text} `,
      'another prefix': makeAddress('ta', SAMPLE),
      'a longer prefix': makeAddress('ttt', SAMPLE),
      'the checksum of bech32 (BIP-173)': makeAddress('tt', SAMPLE, 1),
      '15 bytes': makeAddress('tt', SAMPLE.subarray(0, 15)),
      '25 bytes': makeAddress('tt', new Uint8Array(25)),
      'nothing': '',
      'a prefix only': 'tt1',
      'characters beyond ASCII': `tt1${'ü'.repeat(38)}`,
    }
    for (const [name, other] of Object.entries(others)) {
      assert.equal(isAddress(other, 'tt'), false, name)
      assert.equal(codeOf(() => addressToBytes(other, 'tt')), 'malformed-address', name)
    }
    assert.throws(() => addressToBytes('x'.repeat(100_000), 'tt'), (error: Error) => error.message.length < 300)
  })
})

suite('names', () => {
  test('lower-case letters, digits and dashes, a letter first, at most 32', () => {
    for (const name of ['a', 'odometer', 'driving-2', 'a-', 'a'.repeat(32)]) assert.ok(isName(name), name)
    for (const name of ['', 'A', '1a', '-a', 'a_b', 'a b', 'a/b', 'ä', 'a\n', 'a'.repeat(33), makeAddress('tt', SAMPLE)]) assert.ok(!isName(name), name)
  })
})
