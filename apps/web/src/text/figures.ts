/** Numbers and times as people read them. */

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

export function groupNumber(value: number): string {
  return grouped.format(value)
}

/** Groups the digits before the point of a decimal text of any length: `135879.1` becomes `135,879.1`. */
export function groupDigits(text: string): string {
  return text.replace(/^-?\d+/, (digits) => digits.replaceAll(/\B(?=(\d{3})+(?!\d))/g, ','))
}

/** `18 kB`, `640 bytes`. */
export function byteText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(1)} GB`
}

/** The first and the last characters of a hash or an address. */
export function shorten(text: string, head = 8, tail = 4): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`
}

/** How long ago or how long, in the largest unit that says it: `12 s`, `14 min`, `3 h`, `2 days`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`
  if (seconds < 2 * 86_400) return `${Math.round(seconds / 3600)} h`
  return `${groupNumber(Math.round(seconds / 86_400))} days`
}

const timeOfDay = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dayAndTime = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' })
const exactTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' })

/** Time of day for today, date and time otherwise, in the viewer's zone. */
export function timeText(ms: number, nowMs: number): string {
  return new Date(ms).toDateString() === new Date(nowMs).toDateString() ? timeOfDay.format(ms) : dayAndTime.format(ms)
}

/** With seconds and the zone. */
export function exactTimeText(ms: number): string {
  return exactTime.format(ms)
}
