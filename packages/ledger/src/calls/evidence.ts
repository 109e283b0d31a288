import { asArray, asBytes, asText, asUint, compareBytes, cosignatureCheck, createdId, decode, encode, equalBytes, readCosignature, readCosignedCheckpoint, statementCheck, wrongShape } from '@telltale/core'
import type { Authority, AuthoritySet, Cbor, Checkpoint, Cosignature, PublicKey, SignatureCheck, StatementSignature, Verdict } from '@telltale/core'
import { isActive } from '../authority.ts'
import { decodeHeader, sealerOf } from '../block/header.ts'
import type { BlockHeader } from '../block/header.ts'
import { refuse } from '../call.ts'
import type { Call, CallContext } from '../call.ts'
import { contradicts, decodeVote, voteCheck } from '../finality/vote.ts'
import type { Vote } from '../finality/vote.ts'
import { AUTHORITIES_KEPT_MIN, INTERVALS_MAX } from '../limits.ts'
import { NETWORK_KEY, proposalKey } from '../state/key.ts'
import { parametersAt } from '../state/view.ts'

interface SealedHeader {
  header: BlockHeader
  headerBytes: Uint8Array
  seal: StatementSignature
}

/** Two statements of one authority that no honest one signs. */
type Evidence =
  | { kind: 'vote'; one: Vote; other: Vote }
  | { kind: 'seal'; one: SealedHeader; other: SealedHeader }
  | { kind: 'cosignature'; one: Cosigned; other: Cosigned }

interface Cosigned {
  checkpoint: Omit<Checkpoint, 'network'>
  cosignature: Cosignature
}

interface EvidenceArgs {
  evidence: Evidence
  /** SHA-256 is taken of these when it is noted. */
  bytes: [Uint8Array, Uint8Array]
}

/** A header with its seal, as evidence carries it: cbor [header as bstr, [key number, seal]]. */
export function encodeSealedHeader(headerBytes: Uint8Array, { keyNumber, signature }: StatementSignature): Uint8Array {
  return encode([headerBytes, [keyNumber, signature]])
}

function readSealedHeader(bytes: Uint8Array): SealedHeader {
  const [header, seal] = asArray(decode(bytes), 'sealed header', 2)
  const [keyNumber, signature] = asArray(seal, 'seal', 2)
  const headerBytes = asBytes(header, 'sealed header')
  return { header: decodeHeader(headerBytes), headerBytes, seal: { keyNumber: asUint(keyNumber, 'seal key number', 255), signature: asBytes(signature, 'seal') } }
}

/** cbor [COSE_Sign1 as bstr, log root]: the log root is detached from a cosignature. */
function readCosigned(bytes: Uint8Array): Cosigned {
  const [cose, root] = asArray(decode(bytes), 'cosignature', 2)
  const coseBytes = asBytes(cose, 'cosignature')
  return { cosignature: readCosignature(coseBytes).cosignature, checkpoint: readCosignedCheckpoint(coseBytes, new Uint8Array(32), asBytes(root, 'log root', 32)) }
}

/** [kind, bytes, bytes, nil]; the bytes ascend, so that one pair of statements is one piece of evidence (`wrong-shape` and the codes of the readers). */
function readEvidence(args: Cbor[]): EvidenceArgs {
  const [kind, first, second, proof] = asArray(args, 'evidence', 4)
  if (proof !== null) throw wrongShape('evidence', 'nil as the fourth argument', 'something else')
  const bytes: [Uint8Array, Uint8Array] = [asBytes(first, 'evidence'), asBytes(second, 'evidence')]
  if (compareBytes(...bytes) >= 0) throw wrongShape('evidence', 'two statements in ascending order of their bytes', 'another order')
  const [a, b] = bytes
  switch (asText(kind, 'evidence kind', 16)) {
    case 'vote':
      return { bytes, evidence: { kind: 'vote', one: decodeVote(a), other: decodeVote(b) } }
    case 'seal':
      return { bytes, evidence: { kind: 'seal', one: readSealedHeader(a), other: readSealedHeader(b) } }
    case 'cosignature':
      return { bytes, evidence: { kind: 'cosignature', one: readCosigned(a), other: readCosigned(b) } }
    default:
      throw wrongShape('evidence', 'vote, seal or cosignature', kind)
  }
}

/** Whether the statements name this authority as theirs and cannot both be honest. */
function isContradiction({ state }: Pick<CallContext, 'state'>, { kind, one, other }: Evidence, accused: string): boolean {
  switch (kind) {
    case 'vote':
      return [one, other].every(({ voter }) => equalBytes(voter, sealerOf(accused))) && contradicts(one, other)
    case 'seal': {
      const [a, b] = [one.header, other.header]
      const isHis = [a, b].every(({ sealer }) => equalBytes(sealer, sealerOf(accused)))
      // Where anyone may seal, two seals are twice the work, and nothing that an honest one may not do.
      const isByTurn = parametersAt(state.network(), a.height).sealers === 'authorities'
      return isByTurn && isHis && a.height === b.height && equalBytes(a.parent, b.parent) && !equalBytes(one.headerBytes, other.headerBytes)
    }
    case 'cosignature': {
      const isHis = [one, other].every(({ cosignature }) => cosignature.address === accused)
      const [a, b] = [one.checkpoint, other.checkpoint]
      const isSame = a.height === b.height && equalBytes(a.logRoot, b.logRoot) && equalBytes(a.stateRoot, b.stateRoot) && equalBytes(a.setHash, b.setHash)
      return isHis && a.size === b.size && !isSame
    }
  }
}

function keyNumbers({ kind, one, other }: Evidence): [number, number] {
  if (kind === 'vote') return [one.keyNumber, other.keyNumber]
  if (kind === 'seal') return [one.seal.keyNumber, other.seal.keyNumber]
  return [one.cosignature.keyNumber, other.cosignature.keyNumber]
}

/** A key with which the accused was an authority once; what was signed with an older one counts as well. */
function keyHeld({ state }: Pick<CallContext, 'state'>, accused: string, keyNumber: number): PublicKey | null {
  const sets = state.network().sets.map(({ value }) => value)
  return sets.flat().find((authority) => authority.address === accused && authority.keyNumber === keyNumber)?.key ?? null
}

function signaturesOf(context: CallContext, evidence: Evidence): SignatureCheck[] {
  const { network, transaction } = context
  const accused = transaction.sub
  const [first, second] = keyNumbers(evidence).map((keyNumber) => ({ keyNumber, key: keyHeld(context, accused, keyNumber) }))
  const authorities = [first, second].flatMap((one): Authority[] => (one?.key ? [{ address: accused, keyNumber: one.keyNumber, key: one.key }] : []))
  const [a, b] = authorities
  if (!a || !b) return []
  const { kind, one, other } = evidence
  if (kind === 'vote') return [voteCheck(network, one, a), voteCheck(network, other, b)]
  if (kind === 'seal') return [statementCheck('seal', network, [one.headerBytes], a.key, one.seal), statementCheck('seal', network, [other.headerBytes], b.key, other.seal)]
  return [cosignatureCheck({ ...one.checkpoint, network }, a, one.cosignature), cosignatureCheck({ ...other.checkpoint, network }, b, other.cosignature)]
}

/** The entry that notes it: one for each accused. It has the shape of a decided proposal. */
function entryOf({ network, primitives }: Pick<CallContext, 'network' | 'primitives'>, accused: string): string {
  return createdId('tp', primitives.sha256(encode([network, 'evidence', accused])))
}

function newestSet({ state }: Pick<CallContext, 'state'>): AuthoritySet {
  const { pending, sets } = state.network()
  return pending.at(-1)?.set ?? sets.at(-1)!.value
}

function judgeEvidence(context: CallContext, evidence: Evidence): Verdict | null {
  const { iss, sub } = context.transaction
  if (!isActive(context, iss)) return refuse('role-not-in-force', `${iss} holds no role.`, 'an admitted identity', iss)
  if (context.state.proposal(entryOf(context, sub))) return refuse('already-known', `Evidence against ${sub} stands in the ledger.`, 'a first piece of evidence', sub)
  if (!newestSet(context).some(({ address }) => address === sub)) return refuse('not-an-authority', `${sub} is not in the set of authorities.`, 'an authority', sub)
  const missing = keyNumbers(evidence).find((keyNumber) => keyHeld(context, sub, keyNumber) === null)
  if (missing !== undefined) return refuse('unknown-key', `${sub} was never an authority with a key ${missing}.`, 'a key of an authority', String(missing))
  if (isContradiction(context, evidence, sub)) return null
  return refuse('no-contradiction', 'The two statements are not both of the accused, or an honest authority may sign both.', 'two votes, seals or cosignatures that contradict each other')
}

/**
 * 34 evidence: anyone who holds a role shows what an authority signed against itself. It is noted by name, and the authority leaves the set once this is final,
 * unless too few would be left.
 */
export const evidence: Call<EvidenceArgs> = {
  number: 34,
  name: 'evidence',
  read: readEvidence,
  signatures: (context, args) => signaturesOf(context, args.evidence),
  judge: (context, args) => judgeEvidence(context, args.evidence),
  apply(context, { evidence: { kind }, bytes }) {
    const { iss, sub } = context.transaction
    const value = [sub, kind, ...bytes.map((one) => context.primitives.sha256(one))]
    context.state.set(proposalKey(entryOf(context, sub)), { kind: 'evidence', value, proposer: iss, approvals: [], decidedHeight: context.height })
    const network = context.state.network()
    const set = newestSet(context).filter(({ address }) => address !== sub)
    if (set.length < AUTHORITIES_KEPT_MIN || network.sets.length + network.pending.length >= INTERVALS_MAX) return
    context.state.set(NETWORK_KEY, { ...network, pending: [...network.pending, { set, decidedHeight: context.height }] })
  },
}

/** The arguments for two statements, in either order. */
export function evidenceArgs(kind: Evidence['kind'], one: Uint8Array, other: Uint8Array): Cbor[] {
  return compareBytes(one, other) < 0 ? [kind, one, other, null] : [kind, other, one, null]
}
