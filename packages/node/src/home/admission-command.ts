import { bytesToHex, encode, keyFields, publicKeyToCose, signStatement } from '@telltale/core'
import type { PublicKey } from '@telltale/core'
import type { RoleName } from '@telltale/ledger'
import type { WalletKey } from './wallet.ts'

/** A role as `telltale send admit` takes it: name, scope, expiry. */
export type GivenRole = [name: RoleName, scope: string | null, expiryMs: number | null]

/** The command by which an authority admits this key: the key signs for it here. Without an organisation the identity answers for itself. */
export async function admissionCommand({ address, publicKey, signer }: WalletKey, network: Uint8Array, organisation: string | null, roles: GivenRole[]): Promise<string> {
  const { signature } = await signStatement('key', network, keyFields(address, 'identity', 0, organisation), signer)
  return signedAdmissionCommand({ address, publicKey, signature }, organisation, roles)
}

/** The same where the key has signed for it already. */
export function signedAdmissionCommand({ address, publicKey, signature }: { address: string; publicKey: PublicKey; signature: Uint8Array }, organisation: string | null, roles: GivenRole[]): string {
  const args = [{ cbor: bytesToHex(encode(publicKeyToCose(publicKey))) }, { hex: bytesToHex(signature) }, organisation, roles]
  return `telltale send admit '${JSON.stringify(args)}' --key authority --sub ${address}`
}

/** The command by which an authority gives a role to an identity that is admitted and holds none. */
export function roleCommand(address: string, role: RoleName): string {
  return `telltale send roles '${JSON.stringify([[[role, null, null]]])}' --key authority --sub ${address}`
}
