import { fail } from '@telltale/core'
import type { Link } from '@telltale/core'
import type { CertifiedHead } from '@telltale/consensus'

/** The certified head as a step of trust from the set that signed it (`nothing-certified`). */
export function linkOf(head: CertifiedHead | null): Link {
  if (!head) throw fail('nothing-certified', 'Nothing is certified yet; import or send something first.')
  const { checkpoint, cosignature } = head
  return { checkpoint, set: null, signatures: [{ position: 0, issuedAtSeconds: cosignature.issuedAtSeconds, signature: cosignature.signature }], leavers: [] }
}
