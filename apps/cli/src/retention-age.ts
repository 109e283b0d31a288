import { RETENTION_MS_MAX, RETENTION_MS_MIN } from '@telltale/node'
import { UsageError } from './failure.ts'

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads how long a network keeps attachments, `90d`, `36h` or `45m`, in milliseconds (`malformed-age`). */
export function readAge(text: string): number {
  const [, digits, unit = ''] = /^([1-9]\d{0,8})([mhd])$/.exec(text) ?? []
  const ageMs = digits === undefined ? 0 : Number(digits) * (UNIT_MS[unit] ?? 0)
  if (ageMs >= RETENTION_MS_MIN && ageMs <= RETENTION_MS_MAX) return ageMs
  throw new UsageError('malformed-age', `${text} says no age that a network can keep attachments for.`, { expected: 'a whole number of minutes, hours or days, 1m to 12725d', found: text })
}

/** `90 days`, in the largest unit in which it is a whole number. */
export function ageText(ageMs: number): string {
  const [unit, count] = ageMs % 86_400_000 === 0 ? ['day', ageMs / 86_400_000] : ageMs % 3_600_000 === 0 ? ['hour', ageMs / 3_600_000] : ageMs % 60_000 === 0 ? ['minute', ageMs / 60_000] : ['ms', ageMs]
  return unit === 'ms' ? `${count} ms` : `${count} ${unit}${count === 1 ? '' : 's'}`
}
