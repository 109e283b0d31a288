import { fail } from '@telltale/core'
import { admissionCommand } from './admission-command.ts'
import type { Place } from './place.ts'

const CALL_SEAL_KEY = 5

export interface RegisteredSealKey {
  address: string
  number: number
  /** X25519, 32 bytes. */
  key: Uint8Array
}

/**
 * Makes a new seal key for the identity of this key file, and registers it: grants are sealed to it from now on. Older ones stay, for older grants. The file is
 * on disk before the ledger hears of it; what a crash left between the two is finished by the next call. Codes: `unknown-identity`, and those of sending.
 */
export async function registerSealKey(place: Place, name: string): Promise<RegisteredSealKey> {
  const { wallet } = place
  const identity = await wallet.open(name)
  const row = await place.identity(identity.address)
  if (!row) throw fail('unknown-identity', `${name} (${identity.address}) is not admitted to this network. An authority runs: ${await admissionCommand(identity, place.ledger.network, place.authority, [['owner', null, null]])}`, { expected: 'an admitted identity', found: identity.address })
  const number = Math.max(-1, ...row.sealKeys.map((interval) => interval.value.number)) + 1
  const left = (await wallet.sealHeads()).find(({ head }) => head.address === identity.address && head.keyNumber === number)
  const { publicKey } = left ? left.head : await wallet.createSealKey(name, { address: identity.address, number })
  await place.send({ key: identity, call: CALL_SEAL_KEY, sub: identity.address, args: [number, publicKey] })
  return { address: identity.address, number, key: publicKey }
}
