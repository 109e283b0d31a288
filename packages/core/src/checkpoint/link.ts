import { equalBytes } from '../bytes/compare.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { SignatureCheck } from '../crypto/signature-validity.ts'
import type { Cbor } from '../encoding/cbor.ts'
import { asArray, asBytes, asUint } from '../encoding/shape.ts'
import { fail } from '../errors.ts'
import { AUTHORITIES_MAX, ISSUED_AT_SECONDS_MAX } from '../limits.ts'
import { faultsTolerated, isQuorum, isSameAuthority, setFromCbor, setHash, setToCbor } from './authority-set.ts'
import type { Authority, AuthoritySet, KeyReader } from './authority-set.ts'
import { checkpointFromCbor, checkpointToCbor } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { cosignatureCheck } from './cosignature.ts'

/** A cosignature by its signer's position in a set. */
export interface LinkSignature {
  position: number
  issuedAtSeconds: number
  signature: Uint8Array
}

/** One step of trust: a checkpoint, its set where that differs from the trusted one, and who signed. */
export interface Link {
  checkpoint: Checkpoint
  /** Null where the set is the one that is trusted already. */
  set: AuthoritySet | null
  signatures: LinkSignature[]
  /** Signatures of members of the trusted set that are not in the new one; positions in the trusted set. */
  leavers: LinkSignature[]
}

export function linkToCbor(link: Link): Cbor[] {
  const signatures = (list: LinkSignature[]): Cbor[] => list.map(({ position, issuedAtSeconds, signature }) => [position, issuedAtSeconds, signature])
  return [checkpointToCbor(link.checkpoint), link.set && setToCbor(link.set), signatures(link.signatures), signatures(link.leavers)]
}

/** Reads a link; positions must ascend, so that nobody is counted twice (`wrong-shape`, `weak-key`, `unsorted`). */
export function linkFromCbor(value: Cbor | undefined, readKey?: KeyReader): Link {
  const [checkpoint, set, signatures, leavers] = asArray(value, 'link', 4)
  return {
    checkpoint: checkpointFromCbor(checkpoint),
    set: set === null ? null : setFromCbor(set, readKey),
    signatures: readSignatures(signatures, 'link signatures'),
    leavers: readSignatures(leavers, 'link leavers'),
  }
}

function readSignatures(value: Cbor | undefined, what: string): LinkSignature[] {
  const list = asArray(value, what).map((item): LinkSignature => {
    const [position, issuedAtSeconds, signature] = asArray(item, what, 3)
    return { position: asUint(position, what, AUTHORITIES_MAX - 1), issuedAtSeconds: asUint(issuedAtSeconds, what, ISSUED_AT_SECONDS_MAX), signature: asBytes(signature, what) }
  })
  for (let i = 1; i < list.length; i++) {
    if (list[i - 1]!.position >= list[i]!.position) throw fail('unsorted', `${what}: an authority is out of order or counted twice.`, { expected: 'ascending positions', found: String(list[i]!.position) })
  }
  return list
}

/** What accepting a link leads to, once every one of `checks` holds. */
export interface LinkStep {
  set: AuthoritySet
  checks: SignatureCheck[]
  /** When more than f authorities say the checkpoint was signed: the (f+1)-th smallest of their clocks. */
  timeSeconds: number
  /** How many of the set signed. */
  signers: number
  /** Everybody who signed, leavers too: whoever trusts another set counts them again. */
  signedBy: Authority[]
}

/**
 * A checkpoint is accepted from a trusted set if more than 2/3 of that set and more than 2/3 of its own set cosigned it. A signature counts for a set
 * that holds exactly that address, number and key, so links can be skipped. Codes: `set-mismatch`, `surplus`, `no-quorum`.
 */
export function followLink(trusted: AuthoritySet, link: Link, primitives: Primitives): LinkStep {
  const set = link.set ?? trusted
  if (!equalBytes(setHash(set, primitives), link.checkpoint.setHash)) throw fail('set-mismatch', 'The checkpoint names another set of authorities than the one that is carried.', { expected: 'the set that the checkpoint commits to', found: 'another set' })
  if (link.set && equalBytes(setHash(trusted, primitives), link.checkpoint.setHash)) throw fail('surplus', 'The link carries a set that did not change.', { expected: 'no set', found: 'the trusted set again' })
  const checks: SignatureCheck[] = []
  const own = link.signatures.map((signed) => {
    const authority = set[signed.position]
    if (!authority) throw fail('unknown-authority', 'A cosignature names a position outside the set.', { expected: `0 to ${set.length - 1}`, found: String(signed.position) })
    checks.push(cosignatureCheck(link.checkpoint, authority, signed))
    return authority
  })
  const leavers = link.leavers.map((signed) => {
    const authority = trusted[signed.position]
    if (!authority) throw fail('unknown-authority', 'A cosignature names a position outside the earlier set.', { expected: `0 to ${trusted.length - 1}`, found: String(signed.position) })
    if (set.some((other) => isSameAuthority(other, authority))) throw fail('surplus', 'An authority that is still in the set signs as a leaver.', { expected: 'leavers only', found: authority.address })
    checks.push(cosignatureCheck(link.checkpoint, authority, signed))
    return authority
  })
  if (!isQuorum(own.length, set.length)) throw noQuorum(own.length, set.length, 'its own set')
  const known = own.filter((authority) => trusted.some((other) => isSameAuthority(other, authority))).length + leavers.length
  if (!isQuorum(known, trusted.length)) throw noQuorum(known, trusted.length, 'the set trusted before it')
  const times = link.signatures.map((signed) => signed.issuedAtSeconds).sort((a, b) => a - b)
  return { set, checks, timeSeconds: times[faultsTolerated(set.length)] as number, signers: own.length, signedBy: [...own, ...leavers] }
}

function noQuorum(count: number, size: number, whose: string): Error {
  return fail('no-quorum', `${count} of ${size} authorities of ${whose} signed the checkpoint.`, { expected: `more than two thirds of ${size}`, found: String(count) })
}
