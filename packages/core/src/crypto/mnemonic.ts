import { entropyToMnemonic as encodeEntropy, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { fail } from '../errors.ts'
import type { Algorithm } from './algorithm.ts'
import { deriveSecret } from './key-derivation.ts'
import type { DerivationCurve } from './key-derivation.ts'

/**
 * Keys from 24 English words (BIP-39), so that a lost disk does not lose a car's history. Paths are m/44'/8362'/account'/purpose'/number' under
 * SLIP-0010, all hardened; 8362 is in no registry of coins, so a wallet fed with the same words never uses these keys.
 */
export type KeyPurpose =
  /** Secret of the signing key with this number. */
  | 'signing'
  /** Secret of the X25519 key with this number, to which others seal grants. */
  | 'seal'
  /** Secret of the epoch with this number. Only for words that never leave the device: whoever has them can read every epoch to come. */
  | 'epoch'

const PURPOSES: Record<KeyPurpose, number> = { signing: 0, seal: 1, epoch: 2 }

const CURVES: Record<Exclude<Algorithm, 'RS256'>, DerivationCurve> = { EdDSA: 'ed25519', ES256: 'nist256p1', ES256K: 'secp256k1' }

const BIP44 = 44
const APPLICATION = 8362
const WORDS = 24

/** The 24 words of 32 secret random bytes. */
export function entropyToMnemonic(entropy: Uint8Array): string {
  if (entropy.length !== 32) throw fail('malformed-secret', `24 words hold 32 bytes, found ${entropy.length}.`, { expected: '32 bytes', found: `${entropy.length} bytes` })
  return encodeEntropy(entropy, wordlist)
}

/**
 * The 32 bytes of a signing key. `account` tells identities under the same words apart, `keyNumber` the keys of one identity (both below 2^31).
 * Codes: `algorithm-without-mnemonic` (RSA keys are random primes), `malformed-mnemonic`, `unknown-mnemonic-word`, `mnemonic-checksum`.
 */
export function mnemonicToSecret(words: string, key: { algorithm: Algorithm; account: number; keyNumber: number }): Uint8Array {
  if (key.algorithm === 'RS256') {
    throw fail('algorithm-without-mnemonic', 'An RSA key cannot be derived from words; keep its key file, or choose another algorithm.', { expected: 'EdDSA, ES256 or ES256K', found: key.algorithm })
  }
  return derive(words, CURVES[key.algorithm], key.account, 'signing', key.keyNumber)
}

/** The 32 bytes of an X25519 key to which grants are sealed; codes as above. */
export function mnemonicToSealSecret(words: string, key: { account: number; keyNumber: number }): Uint8Array {
  return derive(words, 'curve25519', key.account, 'seal', key.keyNumber)
}

/** The 32 bytes of a device's epoch secret, shared by its streams (the context tells their roots apart); codes as above. */
export function mnemonicToEpochSecret(words: string, key: { account: number; epoch: number }): Uint8Array {
  return derive(words, 'ed25519', key.account, 'epoch', key.epoch)
}

/**
 * The words in their one form: lower case, single spaces. Refuses a wrong number of words, an unknown word (naming its position,
 * never the word: what was typed may be somebody's secret) and a wrong checksum, which finds 255 of 256 mix-ups.
 */
export function checkMnemonic(words: string): string {
  const list = words.normalize('NFKD').trim().toLowerCase().split(/\s+/u)
  if (list.length !== WORDS) {
    const found = words.trim() === '' ? 0 : list.length
    throw fail('malformed-mnemonic', `Expected ${WORDS} words, found ${found}.`, { expected: `${WORDS} words`, found: `${found} words` })
  }
  const unknown = list.findIndex((word) => !wordlist.includes(word))
  if (unknown >= 0) {
    throw fail('unknown-mnemonic-word', `Word ${unknown + 1} is not in the list of BIP-39 words; check its spelling.`, { expected: 'an English word of the BIP-39 list', found: `another word at position ${unknown + 1}` })
  }
  const joined = list.join(' ')
  if (!validateMnemonic(joined, wordlist)) {
    throw fail('mnemonic-checksum', 'All words are known, but they do not belong together: two are swapped, or one was replaced by another word of the list.', { expected: 'a matching checksum in the last word', found: 'another' })
  }
  return joined
}

function derive(words: string, curve: DerivationCurve, account: number, purpose: KeyPurpose, number: number): Uint8Array {
  const seed = mnemonicToSeedSync(checkMnemonic(words))
  return deriveSecret(curve, seed, [BIP44, APPLICATION, account, PURPOSES[purpose], number]).secret
}
