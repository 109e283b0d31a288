import { addressToBytes, asArray, asBytes, asUint, compareBytes, decode, encode, equalBytes, statementCheck, wrongShape } from '@telltale/core'
import type { AuthoritySet, Cbor, SignatureCheck, Authority } from '@telltale/core'

/**
 * An authority's word that a block follows from one that is justified (Casper FFG, arXiv 1710.09437). It never casts two for one target height, and none that
 * surrounds or is surrounded by another of its own.
 */
export interface Vote {
  /** 20 bytes of the authority's address. */
  voter: Uint8Array
  keyNumber: number
  sourceHeight: number
  sourceId: Uint8Array
  targetHeight: number
  targetId: Uint8Array
  signature: Uint8Array
}

/** What is signed, beside the network. */
export function voteFields({ sourceHeight, sourceId, targetHeight, targetId }: Pick<Vote, 'sourceHeight' | 'sourceId' | 'targetHeight' | 'targetId'>): Cbor[] {
  return [sourceHeight, sourceId, targetHeight, targetId]
}

export function voteToCbor(vote: Vote): Cbor[] {
  return [vote.voter, vote.keyNumber, ...voteFields(vote), vote.signature]
}

/** Reads a vote (`wrong-shape`); whether it holds is not looked at. */
function voteFromCbor(value: Cbor | undefined): Vote {
  const [voter, keyNumber, sourceHeight, sourceId, targetHeight, targetId, signature] = asArray(value, 'vote', 7)
  const vote = {
    voter: asBytes(voter, 'vote voter', 20),
    keyNumber: asUint(keyNumber, 'vote key number', 255),
    sourceHeight: asUint(sourceHeight, 'vote source height'),
    sourceId: asBytes(sourceId, 'vote source id', 32),
    targetHeight: asUint(targetHeight, 'vote target height'),
    targetId: asBytes(targetId, 'vote target id', 32),
    signature: asBytes(signature, 'vote signature'),
  }
  if (vote.sourceHeight >= vote.targetHeight) throw wrongShape('vote', 'a source below its target', vote.sourceHeight)
  return vote
}

export function encodeVote(vote: Vote): Uint8Array {
  return encode(voteToCbor(vote))
}

export function decodeVote(bytes: Uint8Array): Vote {
  return voteFromCbor(decode(bytes))
}

/** Votes as a block carries them: by target height, then by voter, each once (`wrong-shape`). */
export function votesFromCbor(value: Cbor | undefined): Vote[] {
  const votes = asArray(value, 'block votes').map(voteFromCbor)
  for (let i = 1; i < votes.length; i++) if (compareVotes(votes[i - 1]!, votes[i]!) >= 0) throw wrongShape('block votes', 'ascending by target and voter, each once', i)
  return votes
}

export function compareVotes(a: Vote, b: Vote): number {
  return a.targetHeight - b.targetHeight || compareBytes(a.voter, b.voter)
}

/** Whether no honest authority casts both: for one target height, or one around the other. */
export function contradicts(a: Vote, b: Vote): boolean {
  if (a.targetHeight === b.targetHeight) return !equalBytes(a.targetId, b.targetId) || a.sourceHeight !== b.sourceHeight || !equalBytes(a.sourceId, b.sourceId)
  return (a.sourceHeight < b.sourceHeight && b.targetHeight < a.targetHeight) || (b.sourceHeight < a.sourceHeight && a.targetHeight < b.targetHeight)
}

/** The authority of a set that cast it: its address and its key number; null where there is none. */
export function voterIn(set: AuthoritySet, vote: Pick<Vote, 'voter' | 'keyNumber'>): Authority | null {
  return set.find(({ address, keyNumber }) => keyNumber === vote.keyNumber && equalBytes(addressToBytes(address, 'tt'), vote.voter)) ?? null
}

export function voteCheck(network: Uint8Array, vote: Vote, authority: Authority): SignatureCheck {
  return statementCheck('vote', network, voteFields(vote), authority.key, vote)
}
