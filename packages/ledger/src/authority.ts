import type { PublicKey, Verdict } from '@telltale/core'
import { refuse } from './call.ts'
import type { CallContext } from './call.ts'
import { isInForce } from './state/interval.ts'
import { hasRole, rolesInForce } from './state/role.ts'
import type { RoleName } from './state/role.ts'
import type { IdentityRow } from './state/rows.ts'
import { setAt } from './state/view.ts'
import type { StateView } from './state/view.ts'

/** The key that an identity may sign with under this number in a block of this height, or null. */
export function keyInForce(identity: IdentityRow | null, keyNumber: number, height: number): PublicKey | null {
  if (!identity) return null
  return identity.keys.find((interval) => isInForce(interval, height) && interval.value.number === keyNumber)?.value.key ?? null
}

export function isAuthority(state: StateView, address: string, height: number): boolean {
  return setAt(state.network(), height).some((authority) => authority.address === address)
}

/** Whether it is an authority, or will be one by what was decided already: from then on only itself and the authorities together change it. */
export function isAuthorityOrElect(state: StateView, address: string, height: number): boolean {
  const { sets, pending } = state.network()
  const decided = [...sets.filter((interval) => interval.from > height).map((interval) => interval.value), ...pending.map(({ set }) => set)]
  return isAuthority(state, address, height) || decided.some((set) => set.some((authority) => authority.address === address))
}

/** An organisation is an identity that answers for itself and holds the role of authority or member. */
export function isOrganisation(context: CallContext, address: string): boolean {
  const identity = context.state.identity(address)
  if (!identity || identity.organisation !== null) return false
  return holdsRole(context, address, 'authority') || holdsRole(context, address, 'member')
}

export function holdsRole(context: CallContext, address: string, role: RoleName, scope?: string): boolean {
  const identity = context.state.identity(address)
  return identity !== null && hasRole(identity.roles, role, context.height, context.timeMs, scope)
}

/** Whether the identity holds any role at all: a suspended one does not. */
export function isActive(context: CallContext, address: string): boolean {
  const identity = context.state.identity(address)
  return identity !== null && rolesInForce(identity.roles, context.height, context.timeMs).length > 0
}

/** The organisation that the sender's bytes are counted against. */
export function accountOf(context: Pick<CallContext, 'sender' | 'transaction'>): string {
  return context.sender?.organisation ?? context.transaction.iss
}

/** Who may admit, change, suspend or give a new key to whom: an authority anybody, an organisation its own. */
export function judgeOversight(context: CallContext, organisation: string | null): Verdict | null {
  const { iss } = context.transaction
  if (isAuthority(context.state, iss, context.height)) return null
  if (organisation === iss && isOrganisation(context, iss)) return null
  return refuse('not-allowed', `${iss} may not do this for identities of ${organisation ?? 'the network'}.`, 'an authority, or the organisation that answers for the identity', iss)
}
