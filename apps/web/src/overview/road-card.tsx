import { useEffect, useState } from 'react'
import type { Device } from '../api/ledger-answers.ts'
import { newestOdometer, useRecords } from '../devices/latest-records.ts'
import type { SeenRecord } from '../devices/latest-records.ts'
import { SPEED, numberOf, valueText } from '../records/opened-record.ts'
import { Card } from '../shell/card.tsx'
import { useDistanceUnit } from '../text/distance-unit.ts'
import { durationText } from '../text/figures.ts'
import { shownDistance, shownSpeed } from '../text/shown-figure.ts'
import { words } from '../words.ts'
import { CarPicture } from './car-picture.tsx'
import styles from './overview.module.css'

/** A car that reported longer ago than this is not on its way. */
const STANDING_MS = 30_000
/** How fast the picture moves while the car reports and its speed cannot be read here, in km/h. */
const SOME_SPEED = 40

interface SpeedFigure {
  /** As the source said it. */
  value: string
  unit: string
  kmh: number
}

const STANDING: SpeedFigure = { value: '0', unit: 'km/h', kmh: 0 }

/** The car as its last records tell it: how fast, how far, how long ago it said so. */
export function RoadCard({ device, title }: { device: Device; title: string }) {
  const driving = device.streams.find(({ name }) => name === 'driving')
  const odometer = device.streams.find(({ name }) => name === 'odometer')
  const speeds = useRecords(driving, 8)
  const miles = useRecords(odometer, 3)
  const nowMs = useNow()
  const last = speeds.seen?.at(-1)
  const ageMs = last ? nowMs - last.record.blockTimeMs : Infinity
  const { unit } = useDistanceUnit()
  const speed = speeds.seen === undefined || ageMs < STANDING_MS ? speedOf(speeds.seen) : STANDING
  const shown = speed && shownSpeed(speed, unit)
  const newest = newestOdometer(miles.seen)
  const figure = newest && shownDistance(newest, unit)
  const ago = durationText(Math.max(0, ageMs))
  return (
    <Card className={styles.road}>
      <CarPicture speed={speed?.kmh ?? SOME_SPEED} />
      <dl className={styles.figures}>
        <div>
          <dt>{title}</dt>
          <dd className={styles.large}>
            {figure ? (
              <>
                {figure.text} <span className={styles.unit}>{figure.unit}</span>
              </>
            ) : (
              <span className={styles.sealed}>{isSealed(miles.seen) ? words.overview.sealed : words.overview.unknown}</span>
            )}
          </dd>
          <dd className={styles.below}>{figure && (figure.reported === null ? words.unit.asReported : words.unit.converted(figure.reported))}</dd>
        </div>
        <div>
          <dt>{words.overview.speed}</dt>
          <dd className={styles.large}>
            {shown ? (
              <>
                {shown.text} <span className={styles.unit}>{shown.unit}</span>
              </>
            ) : (
              <span className={styles.sealed}>{words.overview.unknown}</span>
            )}
          </dd>
          <dd className={styles.below}>{last && (shown?.reported && speed !== STANDING ? words.overview.saidIn(shown.reported, ago) : words.overview.said(ago))}</dd>
        </div>
      </dl>
    </Card>
  )
}

/** The last speed that is known, or null where nothing can be read here. */
function speedOf(seen: SeenRecord[] | undefined): SpeedFigure | null {
  for (const { opened } of seen?.toReversed() ?? []) {
    if (opened?.state !== 'opened') continue
    const reading = opened.readings.findLast(({ path }) => path === SPEED)
    const kmh = reading && numberOf(reading)
    if (reading && kmh !== null && kmh !== undefined) return { value: valueText(reading.raw?.value ?? reading.value), unit: reading.raw?.unit ?? reading.unit ?? 'km/h', kmh }
  }
  return null
}

/** As long as nothing is known it is not said to be sealed. */
function isSealed(seen: SeenRecord[] | undefined): boolean {
  return seen?.some(({ opened }) => opened?.state === 'sealed') === true
}

function useNow(): number {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return nowMs
}
