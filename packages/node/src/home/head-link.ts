import { fail } from '@telltale/core'
import type { Link, Primitives } from '@telltale/core'
import { linksTo } from '@telltale/consensus'
import type { CertifiedHead, Chain, TrustedSet } from '@telltale/consensus'
import type { Ledger } from '@telltale/ledger'

/** The steps of trust from a set of authorities to the certified head, which is the last; it says who signed (`nothing-certified`, `not-certified-yet`). */
export function linksToHead({ handovers }: Pick<Chain, 'handovers'>, head: CertifiedHead | null, trusted: TrustedSet, primitives: Primitives): Link[] {
  if (!head) throw fail('nothing-certified', 'Nothing is certified yet; import or send something first.')
  return linksTo(head, handovers, trusted, primitives)
}

/** Runs `read` at the certified head, as a certificate that begins with the genesis wants it: the head as a link, and the links before it. */
export async function atHeadFromGenesis<T>({ chain, ledger, primitives }: { chain: Chain; ledger: Ledger; primitives: Primitives }, read: (head: Link, links: Link[]) => T): Promise<T> {
  return chain.atCertified((head) => {
    const links = linksToHead(chain, head, { set: ledger.authorities(0), height: 0 }, primitives)
    return read(links.at(-1) as Link, links.slice(0, -1))
  })
}
