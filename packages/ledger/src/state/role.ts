import { isInForce } from './interval.ts'
import type { Interval } from './interval.ts'

export const ROLE_NAMES = ['authority', 'member', 'gateway', 'custodian', 'operator', 'owner', 'device'] as const

export type RoleName = (typeof ROLE_NAMES)[number]

export interface Role {
  name: RoleName
  /** What the role is for: `service` for dealers, the asset for devices; null for everything. */
  scope: string | null
  /** Unix milliseconds from which it no longer holds, compared with block time. */
  expiryMs: number | null
}

export function isRoleName(text: string): text is RoleName {
  return (ROLE_NAMES as readonly string[]).includes(text)
}

/** The roles that hold in a block of this height and time. */
export function rolesInForce(roles: Interval<Role>[], height: number, timeMs: number): Role[] {
  return roles.filter((interval) => isRoleInForce(interval, height, timeMs)).map((interval) => interval.value)
}

function isRoleInForce(interval: Interval<Role>, height: number, timeMs: number): boolean {
  return isInForce(interval, height) && (interval.value.expiryMs === null || timeMs < interval.value.expiryMs)
}

/** Whether one of the roles that hold has this name and, where one is asked for, this scope. */
export function hasRole(roles: Interval<Role>[], name: RoleName, height: number, timeMs: number, scope?: string): boolean {
  return roles.some((interval) => interval.value.name === name && (scope === undefined || interval.value.scope === scope) && isRoleInForce(interval, height, timeMs))
}

export function isSameRole(a: Role, b: Role): boolean {
  return a.name === b.name && a.scope === b.scope && a.expiryMs === b.expiryMs
}
