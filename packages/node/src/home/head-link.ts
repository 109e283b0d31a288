import { fail } from '@telltale/core'
import type { Link } from '@telltale/core'
import type { CertifiedHead } from '@telltale/consensus'

/** The certified head as a step of trust from the set that signed it (`nothing-certified`). */
export function linkOf(head: CertifiedHead | null): Link {
  if (!head) throw fail('nothing-certified', 'Nothing is certified yet; import or send something first.')
  const { checkpoint, set, cosignatures } = head
  const positionOf = (address: string): number => set.findIndex((authority) => authority.address === address)
  return { checkpoint, set: null, signatures: cosignatures.map(({ address, issuedAtSeconds, signature }) => ({ position: positionOf(address), issuedAtSeconds, signature })), leavers: [] }
}
