import { Type } from 'typebox'
import type { Static } from 'typebox'
import { bytesToHex, equalBytes, isSameAuthority } from '@telltale/core'
import type { Authority, AuthoritySet } from '@telltale/core'
import { networkAt } from '@telltale/ledger'
import type { Interval, NetworkRow } from '@telltale/ledger'
import { authorityStates } from '../../peers/authority-states.ts'
import type { PeerLink } from '../../peers/authority-states.ts'
import { quorumOf } from '../../peers/stall.ts'
import type { ApiContext } from '../context.ts'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Address, Count, Hash, Ms, answers, nullable, shape } from '../schema.ts'

const IsAlone = Type.Boolean({ description: 'true for a node that is connected with no network' })

const Pool = shape({
  count: Count,
  bytes: Count,
  oldest: nullable(shape({ sender: Address, sinceMs: Ms })),
  senders: Type.Array(shape({ sender: Address, count: Count, bytes: Count, oldestMs: Ms })),
})

const Outline = { height: Count, id: Hash, parent: Hash, sealer: Address, turn: Count }
const Place = shape({ height: Count, id: Hash })
const Branches = shape({
  isAlone: IsAlone,
  head: Place,
  justifiedHeight: Count,
  final: Place,
  blocks: Type.Array(shape({ ...Outline, weight: Count, timeMs: Ms, transactions: Count, votes: Type.Array(Address), votesNeeded: Count, isJustified: Type.Boolean(), isOnHead: Type.Boolean() })),
  lost: Type.Array(shape({ ...Outline, wonId: Hash, timeMs: Ms })),
})

const Refused = shape({
  isAlone: IsAlone,
  counts: Type.Array(shape({ code: Type.String(), count: Count })),
  blocks: Type.Array(shape({ height: Count, id: Hash, peer: nullable(Type.String()), timeMs: Ms, code: Type.String(), message: Type.String(), expected: nullable(Type.String()), found: nullable(Type.String()) })),
  doubleVotes: Type.Array(shape({ address: Address, votes: Type.Array(shape({ sourceHeight: Count, targetHeight: Count, targetId: Hash })) })),
})

const SignedAt = nullable(shape({ height: Count, timeMs: Ms }))
const Member = shape({ address: Address, keyNumber: Count, algorithm: Type.String() })
const PendingSet = shape({ decidedHeight: Count, earliestHeight: Type.Integer({ minimum: 0, description: 'height from which it is in force at the earliest: one block takes one change, once the block that decided it is final' }), joins: Type.Array(Member), leaves: Type.Array(Member) })
const Authorities = shape({
  isAlone: IsAlone,
  height: Count,
  needed: Count,
  authorities: Type.Array(shape({ address: Address, keyNumber: Count, algorithm: Type.String(), sinceHeight: Count, isOwn: Type.Boolean(), block: SignedAt, vote: SignedAt, cosignature: SignedAt, awaySinceMs: nullable(Ms) })),
  pending: Type.Array(PendingSet),
  turns: Type.Array(shape({ height: Count, address: Address })),
})

/** Senders that are listed, and blocks of each list. */
const SENDERS_MAX = 100
const BLOCKS_MAX = 256
/** Turns that are foretold, or once through the set where that is longer. */
const TURNS_MIN = 8

/** How the network agrees: what waits, what is not final, who signs. */
export const agreement: Resource = (server, context) => {
  const { chain, peers } = context
  server.get('/v1/pool', { config: forReaders, schema: { operationId: 'getPool', tags: ['network'], summary: 'What waits, by sender, without what stands in it', response: answers({ 200: Pool }) } }, async () => {
    const pool = chain.pool()
    return { ...pool, senders: pool.senders.slice(0, SENDERS_MAX) }
  })
  server.get('/v1/branches', { config: forReaders, schema: { operationId: 'getBranches', tags: ['blocks'], summary: 'Blocks that are not final with their votes, and those that lost lately', response: answers({ 200: Branches }) } }, async () => showBranches(context, peers))
  server.get('/v1/refused-blocks', { config: forReaders, schema: { operationId: 'listRefusedBlocks', tags: ['blocks'], summary: 'Blocks that this node refused since it started, the newest first, and votes that no honest authority casts', response: answers({ 200: Refused }) } }, async () => showRefused(peers))
  server.get('/v1/authorities', { config: forReaders, schema: { operationId: 'listAuthorities', tags: ['network'], summary: 'Who may seal since when, who will, whose turn it is, and what was seen of each last', response: answers({ 200: Authorities }) } }, async () => showAuthorities(context))
}

function showBranches({ ledger }: ApiContext, peers: PeerLink | null): Static<typeof Branches> {
  const { height, id } = ledger.position
  const final = { height, id: bytesToHex(id) }
  if (!peers) return { isAlone: true, head: final, justifiedHeight: height, final, blocks: [], lost: [] }
  const status = peers.chain.status()
  const blocks = peers.chain.shownBranches().slice(-BLOCKS_MAX).map(({ id: block, parent, ...rest }) => ({ ...rest, id: bytesToHex(block), parent: bytesToHex(parent), votesNeeded: quorumOf(ledger.authorities(rest.height).length) }))
  const lost = peers.chain.lost.toReversed().map(({ id: block, parent, wonId, ...rest }) => ({ ...rest, id: bytesToHex(block), parent: bytesToHex(parent), wonId: bytesToHex(wonId) }))
  return { isAlone: false, head: { height: status.height, id: bytesToHex(status.id) }, justifiedHeight: status.justifiedHeight, final, blocks, lost }
}

function showRefused(peers: PeerLink | null): Static<typeof Refused> {
  if (!peers) return { isAlone: true, counts: [], blocks: [], doubleVotes: [] }
  const { counts, refused, doubleVotes } = peers.chain.verdicts
  return {
    isAlone: false,
    counts: [...counts].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count),
    blocks: refused.toReversed().map(({ height, id, peer, timeMs, verdict: { code, message, expected, found } }) => ({ height, id: bytesToHex(id), peer: peer === '' ? null : peer, timeMs, code, message, expected: expected ?? null, found: found ?? null })),
    doubleVotes: doubleVotes.toReversed().map(({ address, first, second }) => ({ address, votes: [first, second].map(({ sourceHeight, targetHeight, targetId }) => ({ sourceHeight, targetHeight, targetId: bytesToHex(targetId) })) })),
  }
}

function showAuthorities({ ledger, chain, peers, sinceMs }: ApiContext): Static<typeof Authorities> {
  const { newest } = chain.heights
  const set = ledger.authorities(newest + 1)
  const row = networkAt(ledger.position)
  // The newest block may have taken what was still waiting in the final one.
  const head = peers?.chain.branches().find(({ height, id }) => height === newest && equalBytes(id, peers.chain.status().id))?.position ?? ledger.position
  const turns = Array.from({ length: Math.max(TURNS_MIN, set.length) }, (_, i) => {
    const height = newest + 1 + i
    const inForce = ledger.authorities(height)
    return { height, address: inForce[height % inForce.length]!.address }
  })
  const alone = set.map((authority) => ({ ...showMember(authority), isOwn: true, block: null, vote: null, cosignature: cosignatureOf(chain, authority.address), awaySinceMs: null }))
  const states = peers ? authorityStates(peers, ledger, sinceMs) : alone
  const authorities = states.map((state, i) => ({ ...state, sinceHeight: sinceHeightOf(row.sets, set[i] as Authority) }))
  return { isAlone: peers === null, height: newest, needed: quorumOf(set.length), authorities, pending: showPending(networkAt(head), head.height), turns }
}

/** From which height on it is in the set with this key, without a break. */
function sinceHeightOf(sets: Interval<AuthoritySet>[], authority: Authority): number {
  const holds = ({ value }: Interval<AuthoritySet>): boolean => value.some((other) => isSameAuthority(other, authority))
  const last = sets.findLastIndex(holds)
  const before = sets.slice(0, last).findLastIndex((interval) => !holds(interval))
  return sets[before + 1]?.from ?? 0
}

/** Changes that are decided and wait, each with what it does to the set before it. The next block takes the first, and the one after it is made by the new set. */
function showPending({ sets, pending }: NetworkRow, newest: number): Static<typeof PendingSet>[] {
  const all = [sets.at(-1)!.value, ...pending.map(({ set }) => set)]
  const missing = (from: AuthoritySet, to: AuthoritySet) => from.filter((one) => !to.some((other) => isSameAuthority(one, other))).map(showMember)
  return pending.map(({ decidedHeight }, i) => ({ decidedHeight, earliestHeight: newest + 2 + i, joins: missing(all[i + 1]!, all[i]!), leaves: missing(all[i]!, all[i + 1]!) }))
}

function showMember({ address, keyNumber, key }: Authority): Static<typeof Member> {
  return { address, keyNumber, algorithm: key.algorithm }
}

function cosignatureOf({ head }: ApiContext['chain'], address: string): { height: number; timeMs: number } | null {
  const own = head?.cosignatures.find((one) => one.address === address)
  return head && own ? { height: head.checkpoint.height, timeMs: own.issuedAtSeconds * 1000 } : null
}
