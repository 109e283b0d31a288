import type { Stream } from '../api/ledger-answers.ts'
import { Chart } from '../charts/chart.tsx'
import type { Series } from '../charts/chart.tsx'
import { ODOMETER, SPEED, numberOf } from '../records/opened-record.ts'
import type { OdometerFigure } from '../records/opened-record.ts'
import { Card } from '../shell/card.tsx'
import { useDistanceUnit } from '../text/distance-unit.ts'
import { durationText, groupNumber, timeText } from '../text/figures.ts'
import { scalesFor, shownDistance } from '../text/shown-figure.ts'
import { words } from '../words.ts'
import { newestOdometer, useRecords } from './latest-records.ts'
import type { SeenRecord } from './latest-records.ts'
import { clearOf, gapMs, lateByMs } from './observation.ts'
import styles from './odometer-card.module.css'

/** Records behind a chart. */
const CHARTED = 60

/** The one large number, and how it came about. */
export function OdometerCard({ odometer, driving, lateMs }: { odometer: Stream | undefined; driving: Stream | undefined; lateMs: number }) {
  const miles = useRecords(odometer, CHARTED)
  const speeds = useRecords(driving, CHARTED)
  const newest = newestOdometer(miles.seen)
  const { unit } = useDistanceUnit()
  const { length, speed, speedUnit } = scalesFor(unit)
  const isSealed = miles.seen?.some(({ opened }) => opened?.state === 'sealed') === true
  return (
    <Card title={words.device.odometer} className={styles.card}>
      {newest ? <Figure figure={newest} /> : <p className={styles.sealed}>{isSealed ? words.device.sealedFigure : words.device.noFigure}</p>}
      {miles.seen && <SeriesChart title={words.device.odometerChart} seen={miles.seen} path={ODOMETER} unit={unit} scale={length} lateMs={lateMs} />}
      {speeds.seen && <SeriesChart title={words.device.speedChart} seen={speeds.seen} path={SPEED} unit={speedUnit} scale={speed} lateMs={lateMs} />}
    </Card>
  )
}

function Figure({ figure }: { figure: OdometerFigure }) {
  const { text, unit, reported } = shownDistance(figure, useDistanceUnit().unit)
  return (
    <>
      <p className={styles.figure}>
        {text} <span className={styles.unit}>{unit}</span>
      </p>
      <p className={styles.about}>{reported === null ? words.unit.asReported : words.unit.converted(reported)}</p>
    </>
  )
}

function SeriesChart({ title, seen, path, unit, scale, lateMs }: { title: string; seen: SeenRecord[]; path: string; unit: string; scale: number; lateMs: number }) {
  const { series, clock, units } = seriesOf(seen, path, scale, lateMs)
  if (series.timesMs.length < 2) return null
  return <Chart title={units.every((from) => from === unit) ? title : words.unit.convertedTitle(title, units.join(', '))} series={series} unit={unit} timeText={clock === 0 ? (ms) => timeText(ms, Date.now()) : (ms) => durationText(ms)} valueText={(value) => groupNumber(value)} />
}

/** All readings of a path in order, and the units that they were reported in; a gap between records is a gap in the line. */
function seriesOf(seen: SeenRecord[], path: string, scale: number, lateMs: number): { series: Series; clock: number; units: string[] } {
  const timesMs: number[] = []
  const values: (number | null)[] = []
  const late: number[] = []
  const units = new Set<string>()
  let before: SeenRecord | undefined
  for (const item of seen) {
    if (item.opened?.state !== 'opened') continue
    if (before && gapMs(before, item) !== null) {
      timesMs.push((timesMs.at(-1) ?? 0) + 1)
      values.push(null)
    }
    before = item
    const isLate = lateByMs(item, lateMs) !== null
    for (const reading of item.opened.readings) {
      const value = reading.path === path ? numberOf(reading) : null
      // What arrived twice or out of order would draw a line backwards.
      if (value === null || reading.timeMs <= (timesMs.at(-1) ?? -1)) continue
      if (isLate) late.push(timesMs.length)
      units.add(reading.raw?.unit ?? reading.unit ?? '')
      timesMs.push(reading.timeMs)
      values.push(value * scale)
    }
  }
  return { series: { timesMs, values, late }, clock: (before && clearOf(before)?.clock) ?? 0, units: [...units] }
}
