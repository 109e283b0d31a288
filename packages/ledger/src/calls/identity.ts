import { asArray, asBytes, asNullable, asText, asUint, checkX25519Key, keyFields, keyToAddress, publicKeyFromCose, statementCheck, wrongShape } from '@telltale/core'
import type { Authority, Cbor, Primitives, PublicKey, Verdict } from '@telltale/core'
import { isAuthority, isAuthorityOrElect, isOrganisation, judgeOversight } from '../authority.ts'
import { refuse } from '../call.ts'
import type { Call, CallContext } from '../call.ts'
import { AUTHORITY_ROTATIONS_MAX, INTERVALS_MAX, REASON_BYTES_MAX, ROLES_MAX } from '../limits.ts'
import { closeIntervals, openInterval } from '../state/interval.ts'
import { NETWORK_KEY, identityKey } from '../state/key.ts'
import { isSameRole } from '../state/role.ts'
import type { Role } from '../state/role.ts'
import { roleFromCbor } from '../state/rows.ts'
import type { IdentityRow } from '../state/rows.ts'

interface Admission {
  key: PublicKey
  keySignature: Uint8Array
  organisation: string | null
  roles: Role[]
}

/** Roles that a call can give; authorities come by proposal, devices by enrolment. */
const ROLES_BY_ORGANISATION = ['gateway', 'operator', 'owner']

function readRoles(value: Cbor | undefined): Role[] {
  const roles = asArray(value, 'roles').map(roleFromCbor)
  if (roles.length === 0 || roles.length > ROLES_MAX) throw wrongShape('roles', `1 to ${ROLES_MAX}`, value)
  for (const [i, role] of roles.entries()) {
    if (roles.slice(0, i).some((other) => isSameRole(role, other))) throw wrongShape('roles', 'each once', role.name)
  }
  return roles
}

function judgeRoles(context: CallContext, roles: Role[]): Verdict | null {
  const byAuthority = isAuthority(context.state, context.transaction.iss, context.height)
  for (const { name } of roles) {
    if (name === 'authority' || name === 'device') return refuse('role-not-given-here', `The role ${name} cannot be given by this call.`, 'authorities by proposal, devices by enrolment', name)
    if (!byAuthority && !ROLES_BY_ORGANISATION.includes(name)) return refuse('not-allowed', `Only an authority gives the role ${name}.`, ROLES_BY_ORGANISATION.join(', '), name)
  }
  return null
}

/** 1 admit: a new identity; whoever admits shows that the key's holder signed for it. */
export function createAdmit(primitives: Primitives): Call<Admission> {
  return {
    number: 1,
    name: 'admit',
    read(args) {
      const [key, keySignature, organisation, roles] = asArray(args, 'admit', 4)
      return {
        key: publicKeyFromCose(key),
        keySignature: asBytes(keySignature, 'key signature'),
        organisation: asNullable(organisation, (text) => asText(text, 'organisation', 64)),
        roles: readRoles(roles),
      }
    },
    signatures: (context, { key, keySignature, organisation }) => [statementCheck('key', context.network, keyFields(context.transaction.sub, 'identity', 0, organisation), key, { keyNumber: 0, signature: keySignature })],
    judge(context, { key, organisation, roles }) {
      const { sub } = context.transaction
      if (keyToAddress(key, primitives) !== sub) return refuse('address-mismatch', 'The address is not that of the key.', keyToAddress(key, primitives), sub)
      if (context.state.identity(sub)) return refuse('address-occupied', `${sub} is admitted already; give it roles with call 2.`, 'a new address', sub)
      if (!context.parameters.algorithms.includes(key.algorithm)) return refuse('algorithm-not-allowed', `This network does not admit ${key.algorithm} keys.`, context.parameters.algorithms.join(', '), key.algorithm)
      if (organisation !== null && !context.state.identity(organisation)) return refuse('unknown-identity', `The organisation ${organisation} is not admitted.`, 'an admitted organisation', organisation)
      return judgeOversight(context, organisation) ?? judgeRoles(context, roles)
    },
    apply(context, { key, organisation, roles }) {
      const from = context.height + 1
      context.state.set(identityKey(context.transaction.sub), {
        keys: [{ value: { number: 0, key }, from, to: null }],
        roles: roles.map((value) => ({ value, from, to: null })),
        sealKeys: [],
        organisation,
      })
    },
  }
}

/** 2 roles: the whole list from now on; what stays in the list keeps its interval. */
export const roles: Call<Role[]> = {
  number: 2,
  name: 'roles',
  read: (args) => readRoles(asArray(args, 'roles', 1)[0]),
  judge(context, wanted) {
    const identity = context.state.identity(context.transaction.sub)
    if (!identity) return refuse('unknown-identity', `${context.transaction.sub} is not admitted.`, 'an admitted identity', context.transaction.sub)
    if (identity.roles.some(({ value, to }) => to === null && (value.name === 'device' || value.name === 'authority')) || isAuthorityOrElect(context.state, context.transaction.sub, context.height)) return refuse('role-not-given-here', 'The roles of devices and authorities are not changed by this call.')
    if (identity.roles.length + wanted.length > INTERVALS_MAX) return refuse('too-many-intervals', 'The identity changed its roles too often; suspend it and admit a new one.', `at most ${INTERVALS_MAX}`, String(identity.roles.length))
    return judgeOversight(context, identity.organisation) ?? judgeRoles(context, wanted)
  },
  apply(context, wanted) {
    const identity = context.state.identity(context.transaction.sub) as IdentityRow
    const from = context.height + 1
    let list = closeIntervals(identity.roles, from, (role) => !wanted.some((other) => isSameRole(role, other)))
    for (const role of wanted) {
      if (!list.some((interval) => interval.to === null && isSameRole(interval.value, role))) list = openInterval(list, role, from)
    }
    context.state.set(identityKey(context.transaction.sub), { ...identity, roles: list })
  },
}

/** 3 suspend: ends every role. An authority of the set leaves it by proposal instead, and a device is retired: otherwise any one authority could end any car's record for good. */
export const suspend: Call<string> = {
  number: 3,
  name: 'suspend',
  read: (args) => asText(asArray(args, 'suspend', 1)[0], 'reason', REASON_BYTES_MAX),
  judge(context) {
    const { sub } = context.transaction
    const identity = context.state.identity(sub)
    if (!identity) return refuse('unknown-identity', `${sub} is not admitted.`, 'an admitted identity', sub)
    if (isAuthorityOrElect(context.state, sub, context.height)) return refuse('needs-proposal', `${sub} is an authority; propose its removal.`, 'an identity outside the set of authorities', sub)
    if (isDevice(identity)) return refuse('not-allowed', `${sub} is a device; who owns its asset retires it (call 11).`, 'an identity that is no device', sub)
    if (identity.roles.every((interval) => interval.to !== null)) return refuse('already-suspended', `${sub} holds no role any more.`)
    return judgeOversight(context, identity.organisation)
  },
  apply(context) {
    const identity = context.state.identity(context.transaction.sub) as IdentityRow
    context.state.set(identityKey(context.transaction.sub), { ...identity, roles: closeIntervals(identity.roles, context.height + 1, () => true) })
  },
}

interface Rotation {
  number: number
  key: PublicKey
  keySignature: Uint8Array
}

/** 4 rotate: a new key in place of all older ones; by the identity itself, or for a lost key by its organisation. */
export const rotate: Call<Rotation> = {
  number: 4,
  name: 'rotate',
  read(args) {
    const [number, key, keySignature] = asArray(args, 'rotate', 3)
    return { number: asUint(number, 'key number', 255), key: publicKeyFromCose(key), keySignature: asBytes(keySignature, 'key signature') }
  },
  signatures: (context, { number, key, keySignature }) => [statementCheck('key', context.network, keyFields(context.transaction.sub, 'rotation', number, null), key, { keyNumber: number, signature: keySignature })],
  judge(context, { number, key }) {
    const { iss, sub } = context.transaction
    const identity = context.state.identity(sub)
    if (!identity) return refuse('unknown-identity', `${sub} is not admitted.`, 'an admitted identity', sub)
    const next = Math.max(...identity.keys.map((interval) => interval.value.number)) + 1
    if (number !== next) return refuse('wrong-key-number', 'Key numbers rise by one and are never reused.', String(next), String(number))
    if (!context.parameters.algorithms.includes(key.algorithm)) return refuse('algorithm-not-allowed', `This network does not admit ${key.algorithm} keys.`, context.parameters.algorithms.join(', '), key.algorithm)
    if (identity.keys.some(({ from }) => from > context.height)) return refuse('not-in-force', 'The newest key holds from the next block on; one a block.', 'a key of an earlier block')
    if (number > AUTHORITY_ROTATIONS_MAX && isAuthorityOrElect(context.state, sub, context.height)) return refuse('too-many-intervals', 'The authority changed its key as often as it may; it has to leave and come back with another identity.', `at most ${AUTHORITY_ROTATIONS_MAX} times`, String(number))
    return iss === sub ? null : judgeLostKey(context, identity)
  },
  apply(context, { number, key }) {
    const identity = context.state.identity(context.transaction.sub) as IdentityRow
    const from = context.height + 1
    context.state.set(identityKey(context.transaction.sub), { ...identity, keys: openInterval(closeIntervals(identity.keys, from, () => true), { number, key }, from) })
    replaceAuthorityKey(context, { address: context.transaction.sub, keyNumber: number, key })
  },
}

/**
 * A lost key is replaced by the organisation that answers for the identity: its holder signed that it does. Nobody else may, or one authority could sign in
 * anybody's name; and nobody for a device, or whoever enrolled a car could sign as that car years after it was sold.
 */
function judgeLostKey(context: CallContext, identity: IdentityRow): Verdict | null {
  const { iss, sub } = context.transaction
  const isOfDevice = isDevice(identity)
  if (identity.organisation === iss && !isOfDevice && isOrganisation(context, iss) && !isAuthorityOrElect(context.state, sub, context.height)) return null
  return refuse('not-allowed', isOfDevice ? `${sub} is a device; it rotates its key itself, or is retired.` : `${iss} does not answer for ${sub}.`, isOfDevice ? sub : `${sub}, or the organisation that answers for it`, iss)
}

function isDevice({ roles }: IdentityRow): boolean {
  return roles.some(({ value }) => value.name === 'device')
}

/** An authority's new key takes its place in the set like any change of the set: once the block that decided it is final. */
function replaceAuthorityKey(context: CallContext, changed: Authority): void {
  const network = context.state.network()
  const newest = network.pending.at(-1)?.set ?? network.sets.at(-1)!.value
  if (!newest.some((authority) => authority.address === changed.address)) return
  const set = newest.map((authority) => (authority.address === changed.address ? changed : authority))
  context.state.set(NETWORK_KEY, { ...network, pending: [...network.pending, { set, decidedHeight: context.height }] })
}

interface SealKeyArgs {
  number: number
  key: Uint8Array
}

/** 5 seal key: the X25519 key that grants are sealed for from now on. */
export const sealKey: Call<SealKeyArgs> = {
  number: 5,
  name: 'seal-key',
  read(args) {
    const [number, key] = asArray(args, 'seal key', 2)
    const bytes = asBytes(key, 'seal key', 32)
    checkX25519Key(bytes)
    return { number: asUint(number, 'seal key number', 255), key: bytes }
  },
  judge(context, { number }) {
    const { iss, sub } = context.transaction
    if (iss !== sub) return refuse('not-allowed', 'An identity registers its seal key itself.', iss, sub)
    const identity = context.state.identity(sub)
    if (!identity) return refuse('unknown-identity', `${sub} is not admitted.`, 'an admitted identity', sub)
    const next = Math.max(-1, ...identity.sealKeys.map((interval) => interval.value.number)) + 1
    return number === next ? null : refuse('wrong-key-number', 'Seal key numbers rise by one and are never reused.', String(next), String(number))
  },
  apply(context, { number, key }) {
    const identity = context.state.identity(context.transaction.sub) as IdentityRow
    const from = context.height + 1
    context.state.set(identityKey(context.transaction.sub), { ...identity, sealKeys: openInterval(closeIntervals(identity.sealKeys, from, () => true), { number, key }, from) })
  },
}
