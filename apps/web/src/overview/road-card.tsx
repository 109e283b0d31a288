import { useEffect, useState } from 'react'
import type { Device } from '../api/ledger-answers.ts'
import { newestOdometer, useRecords } from '../devices/latest-records.ts'
import type { SeenRecord } from '../devices/latest-records.ts'
import { SPEED, numberOf } from '../records/opened-record.ts'
import { Card } from '../shell/card.tsx'
import { durationText, groupDigits, groupNumber } from '../text/figures.ts'
import { kilometreText } from '../text/quantity.tsx'
import { words } from '../words.ts'
import { CarPicture } from './car-picture.tsx'
import styles from './overview.module.css'

/** A car that reported longer ago than this is not on its way. */
const STANDING_MS = 30_000
/** How fast the picture moves while the car reports and its speed cannot be read here, in km/h. */
const SOME_SPEED = 40

/** The car as its last records tell it: how fast, how far, how long ago it said so. */
export function RoadCard({ device, title }: { device: Device; title: string }) {
  const driving = device.streams.find(({ name }) => name === 'driving')
  const odometer = device.streams.find(({ name }) => name === 'odometer')
  const speeds = useRecords(driving, 8)
  const miles = useRecords(odometer, 3)
  const nowMs = useNow()
  const last = speeds.seen?.at(-1)
  const ageMs = last ? nowMs - last.record.blockTimeMs : Infinity
  const speed = ageMs < STANDING_MS ? speedOf(speeds.seen) : 0
  const figure = newestOdometer(miles.seen)
  return (
    <Card className={styles.road}>
      <CarPicture speed={speed ?? SOME_SPEED} />
      <dl className={styles.figures}>
        <div>
          <dt>{title}</dt>
          <dd className={styles.large}>
            {figure ? (
              <>
                {groupDigits(figure.value)} <span className={styles.unit}>{figure.unit}</span>
              </>
            ) : (
              <span className={styles.sealed}>{words.overview.sealed}</span>
            )}
          </dd>
          {figure && figure.unit !== 'km' && <dd className={styles.below}>{words.overview.about(kilometreText(figure.metres))}</dd>}
        </div>
        <div>
          <dt>{words.overview.speed}</dt>
          <dd className={styles.large}>
            {speed === null ? (
              <span className={styles.sealed}>–</span>
            ) : (
              <>
                {groupNumber(speed)} <span className={styles.unit}>km/h</span>
              </>
            )}
          </dd>
          <dd className={styles.below}>{last ? words.overview.said(durationText(Math.max(0, ageMs))) : ''}</dd>
        </div>
      </dl>
    </Card>
  )
}

/** The last speed that is known, or null where nothing can be read here. */
function speedOf(seen: SeenRecord[] | undefined): number | null {
  for (const { opened } of seen?.toReversed() ?? []) {
    if (opened?.state !== 'opened') continue
    const reading = opened.readings.findLast(({ path }) => path === SPEED)
    if (reading) return numberOf(reading)
  }
  return null
}

function useNow(): number {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return nowMs
}
