import { TelltaleError, bytesToHex, decodeLinks, equalBytes, fail, followLinks, hexToBytes, setHash } from '@telltale/core'
import type { AuthoritySet, Link, PinnedCheckpoint, Primitives } from '@telltale/core'
import type { Client } from '@telltale/client'
import { trustOfGenesis } from '@telltale/node'
import type { KnownNetwork, NetworkTrust } from '@telltale/node'
import { UsageError } from './failure.ts'

/**
 * Whose receipts are believed where keys of a directory sign for a node's network. In this order: the checkpoint that is given, the authorities that the directory
 * kept, those of the genesis, which the network's fingerprint covers; from there to those in force, as far as links that the node gives prove each change. The first
 * time a fingerprint that nobody named is taken from the node, and `onFirst` says so. Codes: `other-network`, `malformed-checkpoint`, and those of `followLinks`.
 */
export async function openTrust(client: Client, kept: KnownNetwork, pin: PinnedCheckpoint | null, init: TrustInit): Promise<NetworkTrust> {
  return followTrust(client, kept, await believed(client, kept, pin, init), init.primitives)
}

/** From authorities that are believed to those in force, as far as links that the node gives prove each change (the codes of `followLinks`). */
export async function followTrust(client: Client, kept: KnownNetwork, trust: NetworkTrust, primitives: Primitives): Promise<NetworkTrust> {
  const changes = await changesSince(client, trust.set, primitives)
  if (changes.length === 0) return trust
  const followed = { network: trust.network, set: await followLinks(trust.set, changes, trust.network, primitives) }
  kept.trust(followed)
  return followed
}

interface TrustInit {
  primitives: Primitives
  onFirst(network: Uint8Array): void
}

/** Links from a set to the one in force, as the node gives them; none where it knows of none. */
export async function changesSince(client: Client, set: AuthoritySet, primitives: Primitives): Promise<Link[]> {
  try {
    const links = decodeLinks(await client.call('getLinks', { query: { set: bytesToHex(setHash(set, primitives)) } }))
    return links.slice(0, links.findLastIndex((link) => link.set !== null) + 1)
  } catch (error) {
    // Nothing is certified yet, or it does not know the set: receipts then show whether the authorities are others.
    if (error instanceof TelltaleError && UNFOLLOWED.has(error.code)) return []
    throw error
  }
}

const UNFOLLOWED = new Set(['nothing-certified', 'not-certified-yet', 'unknown-set'])

async function believed(client: Client, kept: KnownNetwork, pin: PinnedCheckpoint | null, { primitives, onFirst }: TrustInit): Promise<NetworkTrust> {
  const served = hexToBytes((await client.call('getNetwork', {})).network)
  requireSame(kept.network ?? pin?.checkpoint.network ?? served, served, client.url)
  if (pin) {
    if (!equalBytes(setHash(pin.set, primitives), pin.checkpoint.setHash)) throw new UsageError('malformed-checkpoint', 'The checkpoint names another set of authorities than the one beside it.', { expected: 'the set that the checkpoint commits to', found: 'another set' })
    requireSame(pin.checkpoint.network, served, client.url)
    const trust = { network: served, set: pin.set }
    kept.trust(trust)
    return trust
  }
  if (kept.network && kept.set) return { network: kept.network, set: kept.set }
  const trust = await trustOfGenesis(await client.call('getGenesis', {}), primitives)
  requireSame(served, trust.network, client.url)
  if (kept.network) return trust
  kept.trust(trust)
  onFirst(trust.network)
  return trust
}

function requireSame(expected: Uint8Array, found: Uint8Array, url: string): void {
  if (equalBytes(expected, found)) return
  throw fail('other-network', `The node at ${url} serves another network than the one that these keys sign for. Ask a node of that network, or use keys of another directory.`, { expected: bytesToHex(expected), found: bytesToHex(found) })
}
