import { EMPTY_FRONTIER, appendLeaves, consentFields, cosign, frontierRoot, inclusionProof, keyFields, leafHash, portable, publicKeyToCose, setHash, signStatement, signTransaction, sortSet, subtreesOfLeaves, transactionId, decodeTransaction } from '@telltale/core'
import type { AuthoritySet, Cbor, Link } from '@telltale/core'
import type { OwnerStep } from '../src/owner.ts'
import { ASSET, AUTHORITY, NETWORK, authorityOf } from './people.ts'
import type { Person } from './people.ts'

/** A log of these transactions, certified by these authorities, and the step that one of them is. */
export async function certify(transactions: Uint8Array[], authorities: Person[] = [AUTHORITY], before?: AuthoritySet): Promise<(index: number) => OwnerStep> {
  const set = sortSet(authorities.map(authorityOf))
  const leaves = transactions.map((bytes) => leafHash(bytes, portable.sha256))
  const logRoot = frontierRoot(appendLeaves(EMPTY_FRONTIER, leaves, portable.sha256), portable.sha256)
  const checkpoint = { network: NETWORK, height: 1, size: leaves.length, logRoot, stateRoot: new Uint8Array(32), setHash: setHash(set, portable) }
  const signatures: Link['signatures'] = []
  for (const [position, { address }] of set.entries()) {
    const { signer } = authorities.find((authority) => authority.address === address) as Person
    const { issuedAtSeconds, signature } = await cosign(checkpoint, address, 1000, signer)
    signatures.push({ position, issuedAtSeconds, signature })
  }
  const link: Link = { checkpoint, set: before ? set : null, signatures, leavers: [] }
  const subtree = subtreesOfLeaves(leaves, portable.sha256)
  return (index) => ({ transaction: transactions[index] as Uint8Array, index, path: inclusionProof(index, leaves.length, subtree, portable.sha256), links: [link] })
}

export interface TransferParts {
  from: Person
  to: Person
  number: number
  previous: Uint8Array
  asset?: string
  /** Who signs the consent, if not the next owner. */
  consenting?: Person
}

export async function transferBy({ from, to, number, previous, asset = ASSET, consenting = to }: TransferParts): Promise<Uint8Array> {
  const before: Cbor[] = [number, previous, to.address, publicKeyToCose(to.signer.publicKey)]
  const consent = await signStatement('consent', NETWORK, consentFields({ call: 12, iss: from.address, sub: asset, sequence: null }, before), consenting.signer)
  return signTransaction({ network: NETWORK.subarray(0, 16), iss: from.address, sub: asset, call: 12, sequence: number, args: [...before, [to.signer.keyNumber, consent.signature]] }, from.signer)
}

export async function rotationBy(identity: Person, next: Person): Promise<Uint8Array> {
  const { keyNumber, publicKey } = next.signer
  const { signature } = await signStatement('key', NETWORK, keyFields(identity.address, 'rotation', keyNumber, null), next.signer)
  return signTransaction({ network: NETWORK.subarray(0, 16), iss: identity.address, sub: identity.address, call: 4, sequence: 0, args: [keyNumber, publicKeyToCose(publicKey), signature] }, identity.signer)
}

export function idOf(transaction: Uint8Array): Uint8Array {
  return transactionId(decodeTransaction(transaction), portable)
}
