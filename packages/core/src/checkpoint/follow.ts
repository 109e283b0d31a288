import { bytesToHex } from '../bytes/hex.ts'
import { equalBytes } from '../bytes/compare.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { isValidSignature } from '../crypto/signature-validity.ts'
import { decode } from '../encoding/reader.ts'
import { asArray, wrongShape } from '../encoding/shape.ts'
import { encode } from '../encoding/writer.ts'
import { fail } from '../errors.ts'
import { LINKS_MAX } from '../limits.ts'
import type { AuthoritySet } from './authority-set.ts'
import { followLink, linkFromCbor, linkToCbor } from './link.ts'
import type { Link } from './link.ts'

/** cbor [* link]: steps of trust, one from the other. */
export function encodeLinks(links: Link[]): Uint8Array {
  return encode(links.map(linkToCbor))
}

/** Reads steps of trust, at most 1,024 (`wrong-shape`, `weak-key`, `unsorted` and the codes of the reader). */
export function decodeLinks(bytes: Uint8Array): Link[] {
  const items = asArray(decode(bytes), 'links')
  if (items.length > LINKS_MAX) throw wrongShape('links', `at most ${LINKS_MAX}`, items)
  return items.map((item) => linkFromCbor(item))
}

/**
 * The authorities to whom links lead from a set that is trusted. Checks of each, in order: its network, that it lies above the one before, that more than two thirds of the set
 * before and of its own signed it, and their signatures. Codes: `other-network`, `links-out-of-order`, those of `followLink`, `invalid-cosignature`.
 */
export async function followLinks(trusted: AuthoritySet, links: Link[], network: Uint8Array, primitives: Primitives): Promise<AuthoritySet> {
  let set = trusted
  let before = { height: -1, size: -1 }
  for (const link of links) {
    const { checkpoint } = link
    if (!equalBytes(checkpoint.network, network)) throw fail('other-network', 'A link belongs to another network.', { expected: bytesToHex(network), found: bytesToHex(checkpoint.network) })
    if (checkpoint.height <= before.height || checkpoint.size <= before.size) throw fail('links-out-of-order', 'The links do not lead upwards.', { expected: `above block ${before.height} and size ${before.size}`, found: `block ${checkpoint.height} and size ${checkpoint.size}` })
    const step = followLink(set, link, primitives)
    for (const check of step.checks) if (!(await isValidSignature(check, primitives))) throw fail('invalid-cosignature', 'A cosignature does not hold.', { expected: `signatures on the checkpoint at height ${checkpoint.height}`, found: 'another' })
    set = step.set
    before = checkpoint
  }
  return set
}
