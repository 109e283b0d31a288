import { TelltaleError, fail } from '@telltale/core'
import { createAllowances } from './allowance.ts'
import type { RegisteredDevice, Registry } from './components.ts'

/** How long an answer is used without asking again: a device that was retired or rotated its key is noticed after that; the ledger notices at once. */
const FRESH_MS = 10_000
/** The same for an address that is no device: it may be enrolled any moment. */
const UNKNOWN_FRESH_MS = 1000
const DEVICES_MAX = 100_000

/** Remembers what a registry answered, and goes on with it while the registry cannot be asked, or was asked too much (`busy` for who is not known yet). */
export function rememberDevices(registry: Registry, clock: { nowMs(): number }, allowed: { perSecond: number; atOnce: number }): Registry {
  const lookups = createAllowances(allowed, clock)
  const known = new Map<string, { device: RegisteredDevice | null; atMs: number }>()
  const asked = new Map<string, Promise<RegisteredDevice | null>>()
  const ask = async (address: string): Promise<RegisteredDevice | null> => {
    const under = asked.get(address)
    if (under) return under
    if (!lookups.spend('registry')) throw fail('busy', 'The gateway is asked about too many devices that it does not know; send again in a moment.', { expected: `${allowed.perSecond} new devices a second`, found: 'more' })
    const asking = registry.find(address).finally(() => asked.delete(address))
    asked.set(address, asking)
    return asking
  }
  return {
    async find(address) {
      const entry = known.get(address)
      const ageMs = entry ? Math.abs(clock.nowMs() - entry.atMs) : Infinity
      if (entry && ageMs < (entry.device ? FRESH_MS : UNKNOWN_FRESH_MS)) return entry.device
      try {
        const device = await ask(address)
        known.delete(address)
        known.set(address, { device, atMs: clock.nowMs() })
        if (known.size > DEVICES_MAX) known.delete(known.keys().next().value as string)
        return device
      } catch (error) {
        if (entry?.device && error instanceof TelltaleError) return entry.device
        throw error
      }
    },
  }
}
