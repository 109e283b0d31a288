import { asArray, asBytes, asUint, decode, encode, equalBytes, fail, followLink, isInState, linkFromCbor, linkToCbor, setHash, stateRoot } from '@telltale/core'
import type { Link } from '@telltale/core'
import { NETWORK_KEY, createLedgerReader, decodeBlock, encodeStateKey, networkRowFromCbor } from '@telltale/ledger'
import type { CertifiedHead } from '../certifier.ts'
import type { EngineCore } from './core.ts'
import { AHEAD_MS_MAX } from './limits.ts'

/** A certified head with the entry of the network under its state root. */
export interface CertifiedEntry {
  head: CertifiedHead
  value: Uint8Array
  siblings: Uint8Array[]
}

/** Null where the ledger stands at another state by now: the entry is to be had only while it stands there. */
export function entryAt({ ledger, primitives }: Pick<EngineCore, 'ledger' | 'primitives'>, head: CertifiedHead): CertifiedEntry | null {
  if (!equalBytes(stateRoot(ledger.position.stateTree), head.checkpoint.stateRoot)) return null
  const { value, siblings } = createLedgerReader(ledger, primitives).state(NETWORK_KEY)
  return { head, value: value as Uint8Array, siblings }
}

/**
 * Shows up to which time blocks are older than their network keeps attachments, to a node that stands far below: [link, time, value, siblings]. The link is the newest certified
 * head that was caught, and the time that of its block, which its signers' clocks vouch for; value and siblings are the entry of the network under its state root, which says how long
 * attachments are kept (`not-certified`).
 */
export async function proveAge({ ledger, certifiedEntry }: Pick<EngineCore, 'ledger' | 'certifiedEntry'>): Promise<Uint8Array> {
  if (!certifiedEntry) throw fail('not-certified', 'Nothing is certified here yet; ask again.', { expected: 'a certified block', found: `block ${ledger.position.height}` })
  const { head: { checkpoint, set, cosignatures }, value, siblings } = certifiedEntry
  const signatures = cosignatures.map(({ address, issuedAtSeconds, signature }) => ({ position: set.findIndex((one) => one.address === address), issuedAtSeconds, signature }))
  const { header } = decodeBlock((await ledger.store.readBlock(checkpoint.height)).bytes)
  return encode([linkToCbor({ checkpoint, set, signatures, leavers: [] }), header.timeMs, value, siblings])
}

/**
 * The time up to which blocks may lack attachments: the shortest retention that was ever in force before the one that the authorities signed; below zero where there never
 * was one. Codes: form, `wrong-network`, those of `followLink`, `invalid-signature`, `time-out-of-range` (a block is no further ahead of its signers' clocks than of others),
 * `invalid-state-proof`.
 */
export async function readAgeProof({ ledger, primitives, verifier }: Pick<EngineCore, 'ledger' | 'primitives' | 'verifier'>, bytes: Uint8Array): Promise<number> {
  const [linkItem, time, value, siblings] = asArray(decode(bytes), 'proof of age', 4)
  const link = linkFromCbor(linkItem)
  const { checkpoint } = link
  if (!equalBytes(checkpoint.network, ledger.network)) throw fail('wrong-network', 'The proof of age is of another network.')
  const trusted = ledger.authorities(ledger.position.height + 1)
  const isSame = equalBytes(setHash(trusted, primitives), checkpoint.setHash)
  const asked: Link = { ...link, set: isSame ? null : link.set }
  const { checks, timeSeconds } = followLink(trusted, asked, primitives)
  if (!(await verifier.verify(checks))) throw fail('invalid-signature', 'A cosignature in the proof of age does not hold.', { expected: 'signatures of authorities', found: 'another signature' })
  const timeMs = asUint(time, 'time of the certified block')
  const latestMs = timeSeconds * 1000 + AHEAD_MS_MAX
  if (timeMs > latestMs) throw fail('time-out-of-range', 'The proof of age names a time that its signers do not vouch for.', { expected: `at most ${latestMs}`, found: String(timeMs) })
  const entry = asBytes(value, 'network entry')
  const path = asArray(siblings, 'siblings').map((sibling) => asBytes(sibling, 'sibling', 32))
  if (!isInState(ledger.network, encodeStateKey(NETWORK_KEY), entry, path, checkpoint.stateRoot, primitives.sha256)) throw fail('invalid-state-proof', 'The entry of the network is not the one that is certified.')
  const ever = networkRowFromCbor(decode(entry)).parameters.filter(({ from }) => from <= checkpoint.height + 1).map(({ value: { retentionMs } }) => retentionMs ?? Number.POSITIVE_INFINITY)
  return timeMs - Math.min(...ever)
}
