import { exactTimeText, timeText } from './figures.ts'

/** A moment: short on the page, exact when pointed at, for machines in UTC. */
export function Time({ ms }: { ms: number }) {
  return (
    <time dateTime={new Date(ms).toISOString()} title={exactTimeText(ms)}>
      {timeText(ms, Date.now())}
    </time>
  )
}
