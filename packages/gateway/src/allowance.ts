/** How much each device may send: a bucket that fills steadily and holds what a device may send at once. */
export interface Allowances {
  /** Takes one from the bucket of a device; false where it is empty. */
  spend(device: string): boolean
}

/** Devices that are counted at once; one that was forgotten begins with a full bucket. */
const DEVICES_MAX = 100_000

export function createAllowances({ perSecond, atOnce }: { perSecond: number; atOnce: number }, clock: { nowMs(): number }): Allowances {
  const buckets = new Map<string, { left: number; atMs: number }>()
  return {
    spend(device) {
      const nowMs = clock.nowMs()
      const { left, atMs } = buckets.get(device) ?? { left: atOnce, atMs: nowMs }
      // A clock that was put back gives nothing.
      const filled = Math.min(atOnce, left + (Math.max(0, nowMs - atMs) / 1000) * perSecond)
      const isEnough = filled >= 1
      buckets.delete(device)
      buckets.set(device, { left: isEnough ? filled - 1 : filled, atMs: nowMs })
      if (buckets.size > DEVICES_MAX) buckets.delete(buckets.keys().next().value as string)
      return isEnough
    },
  }
}
