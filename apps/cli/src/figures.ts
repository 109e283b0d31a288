/** Numbers as people read them: grouped digits, units, durations. */

export function countText(count: number): string {
  return count.toLocaleString('en')
}

/** `1 record`, `1,240 records`. */
export function quantityText(count: number, noun: string, plural = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : plural}`
}

/** Bytes in the decimal units of disks and networks: `940 bytes`, `140.8 kB`, `4.3 GB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return quantityText(bytes, 'byte')
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), BYTE_UNITS.length - 1)
  return `${(bytes / 1000 ** power).toFixed(1)} ${BYTE_UNITS[power] ?? ''}`
}

const BYTE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB']

export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}

/** `2026-01-31 12:00 UTC`. */
export function timeText(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** Groups the digits of figures that a unit follows: `15,590 mi`. Other digits, such as those of a VIN, stay as they are. */
export function groupFigures(text: string): string {
  return text.replaceAll(/(?<![\w.,-])(\d{4,15})(\.\d+)?(?= (?:mi|km|m|records|readings|of \d+ records)\b)/g, (_, whole: string, fraction = '') => `${countText(Number(whole))}${String(fraction)}`)
}
