import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import { suite, test } from 'node:test'
import { bytesToHex } from '../../src/bytes/hex.ts'
import { deriveSecret } from '../../src/crypto/key-derivation.ts'
import { checkMnemonic, entropyToMnemonic, mnemonicToEpochSecret, mnemonicToSealSecret, mnemonicToSecret } from '../../src/crypto/mnemonic.ts'
import { TelltaleError } from '../../src/errors.ts'

const WORDS = `${'abandon '.repeat(23)}art`
const KEY = { algorithm: 'EdDSA', account: 0, keyNumber: 0 } as const

const refusedWith = (code: string) => (error: unknown) => error instanceof TelltaleError && error.code === code
/** By Node's own PBKDF2, so that the seed does not come from the code under test. */
const seedOf = (words: string): Uint8Array => pbkdf2Sync(words, 'mnemonic', 2048, 64, 'sha512')

suite('mnemonic', () => {
  test('24 words are those of BIP-39', () => {
    const vectors = [
      { byte: 0x00, words: WORDS },
      { byte: 0x7f, words: 'legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title' },
      { byte: 0x80, words: 'letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless' },
      { byte: 0xff, words: `${'zoo '.repeat(23)}vote` },
    ]
    for (const { byte, words } of vectors) {
      assert.equal(entropyToMnemonic(new Uint8Array(32).fill(byte)), words)
      assert.equal(checkMnemonic(words), words)
    }
  })

  test('every key has a path of its own', () => {
    const seed = seedOf(WORDS)
    const paths = { EdDSA: 'ed25519', ES256: 'nist256p1', ES256K: 'secp256k1' } as const
    for (const [algorithm, curve] of Object.entries(paths)) {
      const secret = mnemonicToSecret(WORDS, { algorithm: algorithm as keyof typeof paths, account: 3, keyNumber: 7 })
      assert.deepEqual(secret, deriveSecret(curve, seed, [44, 8362, 3, 0, 7]).secret)
    }
    assert.deepEqual(mnemonicToSealSecret(WORDS, { account: 3, keyNumber: 7 }), deriveSecret('curve25519', seed, [44, 8362, 3, 1, 7]).secret)
    assert.deepEqual(mnemonicToEpochSecret(WORDS, { account: 3, epoch: 7 }), deriveSecret('ed25519', seed, [44, 8362, 3, 2, 7]).secret)
    const secrets = [KEY, { ...KEY, account: 1 }, { ...KEY, keyNumber: 1 }].map((key) => bytesToHex(mnemonicToSecret(WORDS, key)))
    assert.equal(new Set(secrets).size, 3)
  })

  test('capitals and spaces do not matter', () => {
    assert.deepEqual(mnemonicToSecret(`  ${WORDS.toUpperCase().replaceAll(' ', '\n ')} `, KEY), mnemonicToSecret(WORDS, KEY))
  })

  test('RSA keys are not derived', () => {
    mnemonicToSecret(WORDS, KEY)
    assert.throws(() => mnemonicToSecret(WORDS, { ...KEY, algorithm: 'RS256' }), refusedWith('algorithm-without-mnemonic'))
  })

  test('a wrong number of words is counted', () => {
    assert.throws(() => checkMnemonic(WORDS.split(' ').slice(1).join(' ')), refusedWith('malformed-mnemonic'))
    assert.throws(() => checkMnemonic(''), (error) => error instanceof TelltaleError && error.code === 'malformed-mnemonic' && error.found === '0 words')
    // Valid as BIP-39, but not long enough for a key of ours.
    assert.throws(() => checkMnemonic(`${'abandon '.repeat(11)}about`), refusedWith('malformed-mnemonic'))
  })

  test('a misspelt word is named by its position and never repeated', () => {
    const words = WORDS.split(' ')
    words[6] = 'abandnn'
    assert.throws(
      () => mnemonicToSecret(words.join(' '), KEY),
      (error) => error instanceof TelltaleError && error.code === 'unknown-mnemonic-word' && error.message.includes('Word 7') && !JSON.stringify([error.message, error.found]).includes('abandnn'),
    )
  })

  test('a known word at the wrong place is found by the checksum', () => {
    assert.throws(() => checkMnemonic(WORDS.replace('abandon', 'ability')), refusedWith('mnemonic-checksum'))
  })

  test('entropy of another length is refused', () => {
    assert.throws(() => entropyToMnemonic(new Uint8Array(16)), refusedWith('malformed-secret'))
  })
})
