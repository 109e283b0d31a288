import type { AuthoritySet } from '@telltale/core'
import { closeIntervals, openInterval } from './state/interval.ts'
import { NETWORK_KEY, identityKey } from './state/key.ts'
import type { StateView } from './state/view.ts'

/**
 * Lets the oldest pending set of authorities take force from the next block on, once the block that decided it is final on this branch;
 * one a block, so that every change can be followed by those who trust the set before it.
 */
export function applyPendingSet(state: StateView, height: number, finalHeight: number): void {
  const network = state.network()
  const next = network.pending[0]
  if (!next || next.decidedHeight > finalHeight) return
  const from = height + 1
  const before = network.sets.at(-1)!.value
  const sets = openInterval(closeIntervals(network.sets, from, () => true), next.set, from)
  state.set(NETWORK_KEY, { ...network, sets, pending: network.pending.slice(1) })
  for (const address of difference(before, next.set)) setAuthorityRole(state, address, from, false)
  for (const address of difference(next.set, before)) setAuthorityRole(state, address, from, true)
}

function difference(a: AuthoritySet, b: AuthoritySet): string[] {
  return a.filter((authority) => !b.some((other) => other.address === authority.address)).map((authority) => authority.address)
}

function setAuthorityRole(state: StateView, address: string, from: number, isHeld: boolean): void {
  const identity = state.identity(address)
  if (!identity) return
  const others = closeIntervals(identity.roles, from, (role) => role.name === 'authority')
  const roles = isHeld ? openInterval(others, { name: 'authority', scope: null, expiryMs: null }, from) : others
  state.set(identityKey(address), { ...identity, roles })
}
