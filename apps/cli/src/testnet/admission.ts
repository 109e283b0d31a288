import { hexToBytes, keyFields, publicKeyToCose, signStatement, signTransaction } from '@telltale/core'
import { createClient } from '@telltale/client'
import { AUTHORITY_KEY, MEMBER_KEY, createWallet } from '@telltale/node'
import type { WalletKey } from '@telltale/node'
import type { TestnetNode } from './nodes.ts'

const CALL_ADMIT = 1

/** Where anyone may seal, anyone is to be registered: the first authority admits the members that are not. They seal once that is in a block; nobody waits for it here. */
export async function admitMembers(nodes: TestnetNode[], network: string): Promise<void> {
  const [first] = nodes as [TestnetNode]
  const client = createClient({ url: first.url })
  const { parameters } = await client.call('getNetwork', {})
  if (parameters.sealers !== 'anyone') return
  const { identities } = await client.call('listIdentities', { query: { limit: 200 } })
  const registered = new Set(identities.map(({ address }) => address))
  const authority = await createWallet(first.data, undefined).open(AUTHORITY_KEY)
  const members = await Promise.all(nodes.filter(({ role }) => role === 'member').map(({ data }) => createWallet(data, undefined).open(MEMBER_KEY)))
  const admissions = await Promise.all(members.filter(({ address }) => !registered.has(address)).map((member) => admission(hexToBytes(network), authority, member)))
  if (admissions.length > 0) await client.submit(admissions.map((bytes) => ({ bytes, attachments: [] })), { wait: 'accepted' })
}

async function admission(network: Uint8Array, authority: WalletKey, { address, signer, publicKey }: WalletKey): Promise<Uint8Array> {
  const { signature } = await signStatement('key', network, keyFields(address, 'identity', 0, authority.address), signer)
  const args = [publicKeyToCose(publicKey), signature, authority.address, [['member', null, null]]]
  return signTransaction({ network: network.subarray(0, 16), iss: authority.address, sub: address, call: CALL_ADMIT, sequence: 0, args }, authority.signer)
}
