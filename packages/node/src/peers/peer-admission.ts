import { equalBytes } from '@telltale/core'
import type { Authority, AuthoritySet, Verdict } from '@telltale/core'
import { identityKey, isInForce, rolesInForce } from '@telltale/ledger'
import type { IdentityRow, Ledger } from '@telltale/ledger'
import type { PeerIdentity } from '@telltale/network'

interface AdmissionRule {
  ledger: Ledger
  /** Whether only those connect who hold a role in the ledger; otherwise whoever has the key of the identity that it names, and who names none. */
  isClosed: boolean
  /** The newest set that can be followed from the genesis: where the one in force is newer, who left still has to sign. */
  followed: AuthoritySet
  nowMs(): number
}

/**
 * Judges who may be a peer, by the ledger as this node holds it: an authority of the set in force always, and one that left while the others cannot be followed without it; of any other identity that the ledger knows, who has its
 * key (`key-not-in-force`); and where only admitted ones connect, who holds a role too (`peer-not-admitted`). Everything that a peer says is judged by itself.
 */
export function judgePeer({ ledger, isClosed, followed, nowMs }: AdmissionRule, identity: PeerIdentity | null): Verdict | null {
  const height = ledger.position.height + 1
  if (!identity) return isClosed ? notAdmitted('The peer names no identity.', 'none') : null
  const isOwn = ({ address, keyNumber, key }: Authority): boolean => address === identity.address && keyNumber === identity.keyNumber && isSameKey(key, identity)
  if ([ledger.authorities(height), followed].some((set) => set.some(isOwn))) return null
  const row = ledger.position.state.row(identityKey(identity.address)) as IdentityRow | null
  if (!row) return isClosed ? notAdmitted(`${identity.address} is not admitted to this network.`, identity.address) : null
  const holds = row.keys.some((interval) => isInForce(interval, height) && interval.value.number === identity.keyNumber && isSameKey(interval.value.key, identity))
  if (!holds) return { code: 'key-not-in-force', message: 'The peer greets with a key that is not in force for its identity.', expected: `a key of ${identity.address}`, found: `key ${identity.keyNumber}` }
  return isClosed && rolesInForce(row.roles, height, nowMs()).length === 0 ? notAdmitted(`${identity.address} holds no role any more.`, identity.address) : null
}

function isSameKey(key: PeerIdentity['publicKey'], { publicKey }: PeerIdentity): boolean {
  return key.algorithm === publicKey.algorithm && equalBytes(key.material, publicKey.material)
}

function notAdmitted(what: string, found: string): Verdict {
  return { code: 'peer-not-admitted', message: `${what} Only admitted identities connect with this node: have it admitted by an authority, and it is let in without a restart.`, expected: 'an identity with a role in force', found }
}
