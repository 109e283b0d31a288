import { fail, isSameAuthority } from '@telltale/core'
import type { AuthoritySet, Link } from '@telltale/core'
import type { CertifiedHead } from '@telltale/consensus'

/** The certified head as a step of trust from those who trust `known`, the set of the genesis for instance; it says who signed (`nothing-certified`). */
export function linkOf(head: CertifiedHead | null, known: AuthoritySet): Link {
  if (!head) throw fail('nothing-certified', 'Nothing is certified yet; import or send something first.')
  const { checkpoint, set, cosignatures } = head
  const isKnown = set.length === known.length && set.every((authority, i) => isSameAuthority(authority, known[i]!))
  const positionOf = (address: string): number => set.findIndex((authority) => authority.address === address)
  return { checkpoint, set: isKnown ? null : set, signatures: cosignatures.map(({ address, issuedAtSeconds, signature }) => ({ position: positionOf(address), issuedAtSeconds, signature })), leavers: [] }
}
