import { NO_PREVIOUS, cosign, createSoftwareSigner, emptyRoot, encodeReceipt, keyToAddress, leafHash, portable, recordArgsToCbor, setHash, signRefusal, signTransaction, textToBytes, decodeTransaction, transactionId } from '@telltale/core'
import type { Authority, AuthoritySet, Signer, Submission } from '@telltale/core'

export const NETWORK: Uint8Array = new Uint8Array(32).fill(7)

export interface Person {
  address: string
  signer: Signer
}

/** Somebody with a fixed key. */
export function person(name: string): Person {
  const signer = createSoftwareSigner('EdDSA', portable.sha256(textToBytes(`test ${name}`)), 0)
  return { address: keyToAddress(signer.publicKey, portable), signer }
}

export const AUTHORITY = person('authority')
export const GATEWAY = person('gateway')
export const DEVICE = person('device')

function authorityOf({ address, signer }: Person): Authority {
  return { address, keyNumber: signer.keyNumber, key: signer.publicKey }
}

export const AUTHORITIES: AuthoritySet = [authorityOf(AUTHORITY)]

/** A record of a device with a body of its own. */
export async function recordBy(device: Person, sequence: number, options: { network?: Uint8Array; body?: Uint8Array; sub?: string; signer?: Signer } = {}): Promise<Submission> {
  const body = options.body ?? textToBytes(`body of ${device.address} ${sequence}`)
  const args = recordArgsToCbor({ previous: NO_PREVIOUS, boot: new Uint8Array(6), content: { kind: 'sealed', epoch: 0 }, body: { sha256: portable.sha256(body), length: body.length }, cites: null })
  const statement = { network: (options.network ?? NETWORK).subarray(0, 16), iss: device.address, sub: options.sub ?? 'odometer', call: 16, sequence, args }
  return { bytes: await signTransaction(statement, options.signer ?? device.signer), attachments: [body] }
}

/** A receipt for a transaction as the only one of a log. */
export async function receiptFor(transaction: Uint8Array, authority: Person = AUTHORITY, set: AuthoritySet = AUTHORITIES, network = NETWORK): Promise<Uint8Array> {
  const checkpoint = { network, height: 1, size: 1, logRoot: leafHash(transaction, portable.sha256), stateRoot: emptyRoot(portable.sha256), setHash: setHash(set, portable) }
  return encodeReceipt(checkpoint, 'EdDSA', await cosign(checkpoint, authority.address, 1, authority.signer), 0, [])
}

export async function refusalFor(transaction: Uint8Array, code: string, options: { by?: Person; isPermanent?: boolean; network?: Uint8Array } = {}): Promise<Uint8Array> {
  const { by = AUTHORITY, isPermanent = true, network = NETWORK } = options
  const id = transactionId(decodeTransaction(transaction), portable)
  return signRefusal(network, { authority: by.address, id, code, isPermanent, expected: null, found: null, size: 1, timeMs: 1 }, by.signer)
}
