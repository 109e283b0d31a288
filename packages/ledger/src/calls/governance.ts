import { AUTHORITIES_MAX, asArray, asBytes, asText, asUint, createdId, encode, equalBytes, isQuorum, isSameAuthority, publicKeyFromCose, sortSet } from '@telltale/core'
import type { Authority, AuthoritySet, Cbor, Verdict } from '@telltale/core'
import { isAuthority, keyInForce } from '../authority.ts'
import { refuse } from '../call.ts'
import type { Call, CallContext } from '../call.ts'
import { INTERVALS_MAX } from '../limits.ts'
import { parametersFromCbor } from '../parameters.ts'
import type { Parameters } from '../parameters.ts'
import { closeIntervals, openInterval } from '../state/interval.ts'
import { NETWORK_KEY, proposalKey } from '../state/key.ts'
import type { NetworkRow, ProposalRow } from '../state/rows.ts'
import { setAt } from '../state/view.ts'

/** What authorities decide together. A changed key of an authority is a removal and an addition in one. */
type Proposal =
  | { kind: 'add-authority'; authority: Authority }
  | { kind: 'remove-authority'; address: string }
  | { kind: 'parameters'; parameters: Parameters }

function readProposal(kind: Cbor | undefined, value: Cbor): Proposal | null {
  if (kind === 'add-authority') {
    const [address, keyNumber, key] = asArray(value, 'proposed authority', 3)
    return { kind, authority: { address: asText(address, 'proposed authority', 64), keyNumber: asUint(keyNumber, 'proposed key number', 255), key: publicKeyFromCose(key) } }
  }
  if (kind === 'remove-authority') return { kind, address: asText(value, 'authority', 64) }
  if (kind === 'parameters') return { kind, parameters: parametersFromCbor(value) }
  return null
}

/** What an approval names, so that nobody approves what they did not see: SHA-256(cbor [network, kind, value]). */
export function proposalHash(network: Uint8Array, kind: string, value: Cbor, primitives: { sha256(bytes: Uint8Array): Uint8Array }): Uint8Array {
  return primitives.sha256(encode([network, kind, value]))
}

/** The set once this proposal takes force, or why it cannot. The newest pending set is what it would follow. */
function nextSet(context: CallContext, proposal: Exclude<Proposal, { kind: 'parameters' }>): AuthoritySet | Verdict {
  const network = context.state.network()
  const set = network.pending.at(-1)?.set ?? network.sets.at(-1)!.value
  if (proposal.kind === 'remove-authority') {
    const rest = set.filter((authority) => authority.address !== proposal.address)
    if (rest.length === set.length) return refuse('not-an-authority', `${proposal.address} is not in the set of authorities.`, 'an authority', proposal.address)
    return rest.length > 0 ? rest : refuse('last-authority', 'A network keeps at least one authority.')
  }
  const { authority } = proposal
  if (set.some((other) => isSameAuthority(other, authority))) return refuse('already-authority', `${authority.address} is in the set with this key.`, 'a change', authority.address)
  const identity = context.state.identity(authority.address)
  // Also in the next block: a key that was rotated away in this very one must not come to sit in the set.
  const registered = keyInForce(identity, authority.keyNumber, context.height + 1) && keyInForce(identity, authority.keyNumber, context.height)
  if (!registered || registered.algorithm !== authority.key.algorithm || !equalBytes(registered.material, authority.key.material)) return refuse('key-mismatch', `${authority.address} is not admitted with this key.`, 'an admitted identity and its key in force', authority.address)
  const next = sortSet([...set.filter((other) => other.address !== authority.address), authority])
  return next.length <= AUTHORITIES_MAX ? next : refuse('too-many-authorities', 'The set of authorities is as large as it can be.', `at most ${AUTHORITIES_MAX}`, String(next.length))
}

function decide(context: CallContext, row: ProposalRow): ProposalRow {
  const proposal = readProposal(row.kind, row.value) as Proposal
  const network = context.state.network()
  if (proposal.kind === 'parameters') {
    const from = context.height + 1
    const parameters = openInterval(closeIntervals(network.parameters, from, () => true), proposal.parameters, from)
    context.state.set(NETWORK_KEY, { ...network, parameters })
    return { ...row, decidedHeight: context.height }
  }
  const set = nextSet(context, proposal)
  // A change that became impossible since it was proposed is decided without effect.
  if (Array.isArray(set)) context.state.set(NETWORK_KEY, { ...network, pending: [...network.pending, { set, decidedHeight: context.height }] })
  return { ...row, decidedHeight: context.height }
}

/** Counts approvals of those who are authorities now; with more than two thirds the proposal is decided. */
function settle(context: CallContext, id: string, row: ProposalRow): void {
  const set = setAt(context.state.network(), context.height)
  const count = row.approvals.filter((address) => set.some((authority) => authority.address === address)).length
  context.state.set(proposalKey(id), isQuorum(count, set.length) ? decide(context, row) : row)
}

interface ProposeArgs {
  kind: string
  value: Cbor
  proposal: Proposal | null
}

/** 32 propose: counts as the proposer's approval. */
export const propose: Call<ProposeArgs> = {
  number: 32,
  name: 'propose',
  read(args) {
    const [kind, value] = asArray(args, 'propose', 2)
    return { kind: asText(kind, 'proposal kind', 32), value: value as Cbor, proposal: readProposal(kind, value as Cbor) }
  },
  judge(context, { kind, proposal }) {
    const { iss, sub } = context.transaction
    if (iss !== sub) return refuse('wrong-subject', 'The subject of this call is its sender.', iss, sub)
    if (!isAuthority(context.state, iss, context.height)) return refuse('not-allowed', `${iss} is not an authority.`, 'an authority', iss)
    if (!proposal) return refuse('unknown-proposal', `There is no proposal of kind "${kind}".`, 'add-authority, remove-authority or parameters', kind)
    const network = context.state.network()
    if (network.sets.length + network.pending.length >= INTERVALS_MAX || network.parameters.length >= INTERVALS_MAX) return refuse('too-many-intervals', 'The network changed too often; it has to start a new era.', `at most ${INTERVALS_MAX}`)
    if (proposal.kind === 'parameters') return null
    const set = nextSet(context, proposal)
    return Array.isArray(set) ? null : set
  },
  apply(context, { kind, value }) {
    const { iss } = context.transaction
    settle(context, createdId('tp', context.id), { kind, value, proposer: iss, approvals: [iss], decidedHeight: null })
  },
}

/** 33 approve. */
export const approve: Call<Uint8Array> = {
  number: 33,
  name: 'approve',
  read: (args) => asBytes(asArray(args, 'approve', 1)[0], 'hash of the proposal', 32),
  judge(context, hash) {
    const { iss, sub } = context.transaction
    if (!isAuthority(context.state, iss, context.height)) return refuse('not-allowed', `${iss} is not an authority.`, 'an authority', iss)
    const row = context.state.proposal(sub)
    if (!row) return refuse('unknown-proposal', `${sub} is not a proposal of this network.`, 'a proposal', sub)
    if (row.decidedHeight !== null) return refuse('already-decided', `The proposal was decided at height ${row.decidedHeight}.`, 'an open proposal', sub)
    if (row.approvals.includes(iss)) return refuse('already-approved', `${iss} approved it already.`, 'a first approval', iss)
    return equalBytes(hash, proposalHash(context.network, row.kind, row.value, context.primitives)) ? null : refuse('hash-mismatch', 'The approval names another proposal.', 'the hash of the proposal')
  },
  apply(context) {
    const { iss, sub } = context.transaction
    const row = context.state.proposal(sub) as ProposalRow
    settle(context, sub, { ...row, approvals: [...row.approvals, iss] })
  },
}

interface Resumed {
  sizeSigned: number | null
  sizeHeld: number
}

/** 35 resumed: a lone authority owns up to having lost what it had signed. Every later certificate shows it. */
export const resumed: Call<Resumed> = {
  number: 35,
  name: 'resumed',
  read(args) {
    const [sizeSigned, sizeHeld] = asArray(args, 'resumed', 2)
    return { sizeSigned: sizeSigned === null ? null : asUint(sizeSigned, 'size signed'), sizeHeld: asUint(sizeHeld, 'size held') }
  },
  judge(context) {
    const { iss, sub } = context.transaction
    if (iss !== sub) return refuse('wrong-subject', 'The subject of this call is its sender.', iss, sub)
    const set = setAt(context.state.network(), context.height)
    if (set.length !== 1 || set[0]!.address !== iss) return refuse('not-allowed', 'Only a lone authority resumes; with others it catches up from them.', 'the one authority of the network', iss)
    const { length } = context.state.network().resumptions
    return length < INTERVALS_MAX ? null : refuse('too-many-intervals', 'The authority lost what it had signed too often; the network has to start anew.', `at most ${INTERVALS_MAX}`, String(length))
  },
  apply(context, { sizeSigned, sizeHeld }) {
    const network: NetworkRow = context.state.network()
    context.state.set(NETWORK_KEY, { ...network, resumptions: [...network.resumptions, { sizeSigned, sizeHeld, height: context.height }] })
  },
}
