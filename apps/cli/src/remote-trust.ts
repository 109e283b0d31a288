import { bytesToHex, equalBytes, fail, hexToBytes, setHash } from '@telltale/core'
import type { PinnedCheckpoint, Primitives } from '@telltale/core'
import type { Client } from '@telltale/client'
import { trustOfGenesis } from '@telltale/node'
import type { KnownNetwork, NetworkTrust } from '@telltale/node'
import { UsageError } from './failure.ts'

/**
 * Whose receipts are believed where keys of a directory sign for a node's network. In this order: the checkpoint that is given, the authorities that the directory
 * kept, those of the genesis, which the network's fingerprint covers. The first time a fingerprint that nobody named is taken from the node, and `onFirst` says so.
 * Codes: `other-network`, `malformed-checkpoint`.
 */
export async function openTrust(client: Client, kept: KnownNetwork, pin: PinnedCheckpoint | null, { primitives, onFirst }: { primitives: Primitives; onFirst: (network: Uint8Array) => void }): Promise<NetworkTrust> {
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
