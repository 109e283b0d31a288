import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { roundExact } from '@telltale/core'
import type { Exact, RecordReading } from '@telltale/core'
import { createCanLogSource, createSimulatedCar, parseMapping } from '@telltale/device'
import type { MappedSource, Reading } from '@telltale/device'
import { readRecords, streamHeadOf } from '@telltale/node'
import type { DeviceProfile, Home } from '@telltale/node'

/** A drive of the demonstration: a log from `samples/`, which is an invented car. */
export interface Drive {
  /** 1 for the first. */
  number: number
  /** Where it comes from, for people. */
  title: string
  source: MappedSource
}

const SAMPLES = resolve(import.meta.dirname, '../../../../samples')
const ODOMETER_STREAM = 'odometer'
const ODOMETER_PATH = 'Vehicle.TraveledDistance'
/** What the odometer of the samples says where each begins and ends, in miles. */
const SECOND_DRIVE_STARTS_AT = 58_412
const SECOND_DRIVE_ENDS_AT = 58_413

/** The drive that continues where the car stands: first the one log, then the other, then laps of the second. */
export async function nextDrive(home: Home, device: DeviceProfile): Promise<Drive> {
  const miles = await lastMiles(home, device)
  if (miles === null) return { number: 1, title: 'samples/short-drive.log', source: await openSample('short-drive.log') }
  const second = await openSample('second-drive.log')
  if (miles < SECOND_DRIVE_ENDS_AT) return { number: 2, title: 'samples/second-drive.log', source: second }
  const lap = miles - SECOND_DRIVE_ENDS_AT + 1
  return { number: 2 + lap, title: `samples/second-drive.log once more, from ${miles.toLocaleString('en')} mi on`, source: shiftOdometer(second, miles - SECOND_DRIVE_STARTS_AT) }
}

async function openSample(log: string): Promise<MappedSource> {
  const mapping = parseMapping(await readFile(join(SAMPLES, 'short-drive.map.json'), 'utf8'))
  return createCanLogSource({ logPath: join(SAMPLES, log), dbcText: await readFile(join(SAMPLES, 'short-drive.dbc'), 'utf8'), mapping })
}

/** The same car on another drive: two minutes that end about where its dashboard stands now. */
export function drivenBefore(miles: number): Drive {
  const source = inMiles(createSimulatedCar({ seed: 1, startMs: Date.now() - 120_000, odometerMetres: milesToMetres(miles), durationMs: 120_000 }))
  return { number: 1, title: 'a simulated drive', source }
}

/** What the odometer said last, in miles; null before the first drive. */
export async function lastMiles(home: Home, { address }: DeviceProfile): Promise<number | null> {
  const count = streamHeadOf(home, address, ODOMETER_STREAM)?.count ?? 0
  if (count === 0) return null
  for await (const { readings } of readRecords(home, `${address}/${ODOMETER_STREAM}`, count - 1, count - 1)) {
    const raw = readings?.findLast(isOdometer)?.raw
    if (typeof raw?.value === 'number') return raw.value
  }
  return null
}

export function isOdometer({ path }: Pick<RecordReading, 'path'>): boolean {
  return path === ODOMETER_PATH
}

/** The same drive with another number of miles on the odometer: further on for another lap, lower for a cheat. */
export function shiftOdometer(source: MappedSource, miles: number): MappedSource {
  return {
    ...source,
    async *read(signal) {
      for await (const items of source.read(signal)) yield items.map((item) => ('refused' in item ? item : shiftReading(item, miles)))
    },
  }
}

/** A reading with the odometer shifted: what the source said, and the whole metres that it comes to. */
export function shiftReading<T extends Reading | RecordReading>(reading: T, miles: number): T {
  const { raw } = reading
  if (!isOdometer(reading) || !raw || typeof raw.value !== 'number') return reading
  const value: Exact = raw.value + miles
  return { ...reading, value: milesToMetres(value), raw: { ...raw, value } }
}

/** The odometer as a dashboard in miles shows it: whole ones, and the metres that they come to. */
export function inMiles(source: MappedSource): MappedSource {
  return {
    ...source,
    async *read(signal) {
      for await (const items of source.read(signal)) yield items.map((item) => ('refused' in item ? item : readingInMiles(item)))
    },
  }
}

function readingInMiles(reading: Reading): Reading {
  if (!isOdometer(reading) || typeof reading.value !== 'number') return reading
  const miles = Math.floor(reading.value / METRES_PER_MILE)
  return { ...reading, value: milesToMetres(miles), raw: { value: miles, unit: 'mi' } }
}

const METRES_PER_MILE = 1609.344

/** An international mile has 1,609.344 m. */
export function milesToMetres(miles: number): number {
  return roundExact(BigInt(miles) * 1_609_344n, -3)
}
