import { equalBytes, fail, publicKeyToCose } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { signingKeyOf } from './entries.ts'
import type { Place } from './place.ts'
import { ownSignature } from './statements.ts'
import { keyFileToSigner } from '../keys/key-file.ts'

const CALL_ROTATE = 4

/**
 * Gives an identity a new key in the place of its old one: 1. the new key on disk beside the old one; 2. call 4, signed by the old one; 3. the new one in the
 * place of the old one. After an interruption the same call finishes what was begun. Codes: `unknown-identity`, `authority-key`, and those of sending.
 */
export async function rotateKey(place: Place, name: string, algorithm?: Algorithm): Promise<{ address: string; keyNumber: number }> {
  const { wallet } = place
  const current = await wallet.open(name)
  const { address } = current
  if (address === place.authority) throw fail('authority-key', 'The key of the authority seals this network; it is not changed while the network runs on it.', { expected: 'another key', found: name })
  const held = await signingKeyOf(place, address)
  if (!held) throw fail('unknown-identity', `${name} (${address}) is not admitted to this network; a key that nobody knows is simply made anew.`, { expected: 'an admitted identity', found: address })
  if (held.number > current.signer.keyNumber) {
    const left = await wallet.next(name, { algorithm: held.key.algorithm, address, keyNumber: held.number })
    if (!equalBytes(left.publicKey, held.key.material)) throw fail('key-not-in-force', `${name} was given key ${held.number} elsewhere, which is not in this directory.`, { expected: `key ${held.number}`, found: `key ${current.signer.keyNumber}` })
    await wallet.adoptNext(name)
    return { address, keyNumber: held.number }
  }
  const keyNumber = held.number + 1
  const next = await wallet.next(name, { algorithm: algorithm ?? current.publicKey.algorithm, address, keyNumber })
  const signer = keyFileToSigner(next)
  const own = await ownSignature(place, { ...current, publicKey: signer.publicKey, signer }, { call: CALL_ROTATE, sub: address, args: [keyNumber] })
  await place.send({ key: current, call: CALL_ROTATE, sub: address, args: [keyNumber, publicKeyToCose(signer.publicKey), own] })
  await wallet.adoptNext(name)
  return { address, keyNumber }
}
