import { fail, followLink, isSameAuthority, judge } from '@telltale/core'
import type { Authority, AuthoritySet, Cosignature, Link, LinkSignature, Primitives } from '@telltale/core'
import type { CertifiedHead } from './certifier.ts'

/** Whom somebody trusts already: the authorities in force at a height; those of the genesis at 0. */
export interface TrustedSet {
  set: AuthoritySet
  height: number
}

/** A certified checkpoint as a step of trust from those who trust `trusted`. */
export function linkFrom(trusted: AuthoritySet, { checkpoint, set, cosignatures, leavers }: CertifiedHead): Link {
  if (isSameSet(set, trusted)) return { checkpoint, set: null, signatures: signaturesOf(set, cosignatures, () => true), leavers: [] }
  const isLeaver = (authority: Authority): boolean => !set.some((other) => isSameAuthority(other, authority))
  return { checkpoint, set, signatures: signaturesOf(set, cosignatures, () => true), leavers: signaturesOf(trusted, leavers, isLeaver) }
}

/**
 * The fewest steps of trust from a set to a certified checkpoint, which is the last of them, over the handovers that lie between. Where the newest set was not vouched for yet by
 * more than two thirds of the one before, nobody can follow: `not-certified-yet`.
 */
export function linksTo(head: CertifiedHead, handovers: readonly CertifiedHead[], trusted: TrustedSet, primitives: Primitives): Link[] {
  const links: Link[] = []
  let { set, height } = trusted
  for (;;) {
    const steps = [head, ...handovers.filter(({ checkpoint }) => checkpoint.height > height && checkpoint.height < head.checkpoint.height).reverse()]
    const next = steps.find((step) => judge(() => followLink(set, linkFrom(set, step), primitives)).ok)
    if (!next) throw fail('not-certified-yet', 'The authorities changed, and too few of those before have signed what the new ones certify. Ask again; if it stays so, start the nodes of those who left or do not sign.', { expected: 'signatures of more than two thirds of the set before', found: 'fewer' })
    links.push(linkFrom(set, next))
    if (next === head) return links
    set = next.set
    height = next.checkpoint.height
  }
}

function isSameSet(a: AuthoritySet, b: AuthoritySet): boolean {
  return a.length === b.length && a.every((authority, i) => isSameAuthority(authority, b[i] as Authority))
}

function signaturesOf(set: AuthoritySet, cosignatures: Cosignature[], counts: (authority: Authority) => boolean): LinkSignature[] {
  return set.flatMap((authority, position) => {
    const signed = cosignatures.find(({ address, keyNumber }) => address === authority.address && keyNumber === authority.keyNumber)
    return signed && counts(authority) ? [{ position, issuedAtSeconds: signed.issuedAtSeconds, signature: signed.signature }] : []
  })
}
