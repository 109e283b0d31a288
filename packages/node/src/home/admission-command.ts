import { bytesToHex, encode, keyFields, publicKeyToCose, signStatement } from '@telltale/core'
import type { RoleName } from '@telltale/ledger'
import type { WalletKey } from './wallet.ts'

/** The command by which an authority admits the first key of an identity, which signed for it already: nothing secret is handed over. Null: it answers for itself. */
export async function admissionCommand({ address, publicKey, signer }: WalletKey, network: Uint8Array, organisation: string | null, role: RoleName): Promise<string> {
  const { signature } = await signStatement('key', network, keyFields(address, 'identity', 0, organisation), signer)
  const args = [{ cbor: bytesToHex(encode(publicKeyToCose(publicKey))) }, { hex: bytesToHex(signature) }, organisation, [[role, null, null]]]
  return `telltale send admit '${JSON.stringify(args)}' --key authority --sub ${address}`
}

/** The command by which an authority gives a role to an identity that is admitted and holds none. */
export function roleCommand(address: string, role: RoleName): string {
  return `telltale send roles '${JSON.stringify([[[role, null, null]]])}' --key authority --sub ${address}`
}
