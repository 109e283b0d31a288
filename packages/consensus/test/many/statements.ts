import { keyFields, publicKeyToCose, signStatement } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import type { TestIdentity } from '@telltale/testing'

/** Arguments of an admission: its key, its own word for it, its organisation, its roles. */
export async function admitArgs(network: Uint8Array, { address, signer }: TestIdentity, organisation: string): Promise<Cbor[]> {
  const { signature } = await signStatement('key', network, keyFields(address, 'identity', 0, organisation), signer)
  return [publicKeyToCose(signer.publicKey), signature, organisation, [['owner', null, null]]]
}
