import { setTimeout as wait } from 'node:timers/promises'
import { TelltaleError } from '@telltale/core'
import { createBatcher, createSimulatedCar } from '@telltale/device'
import type { Batch, BatchLimits, Device, SourceItem } from '@telltale/device'
import type { DeviceProfile, Home } from '@telltale/node'
import { inMiles, lastMiles, milesToMetres } from './drives.ts'

/** What a car that is new to the demonstration has behind it. */
const FIRST_MILES = 58_411
/** Of the drive before anybody looks: a page that opens has something to show, some of it late. */
const HISTORY_MS = 900_000
const STEP_MS = 1000
/** While somebody may be watching, records come more often than a real car would send them. */
const LIVE: Record<string, BatchLimits> = { odometer: { recordMs: 10_000, recordReadingsMax: 64 }, driving: { recordMs: 2000, recordReadingsMax: 64 } }
const HISTORY: Record<string, BatchLimits> = { odometer: { recordMs: 30_000, recordReadingsMax: 64 }, driving: { recordMs: 10_000, recordReadingsMax: 64 } }
const RETRY_MS = 2000

export interface LiveCarInit {
  home: Home
  profile: DeviceProfile
  device: Device
  /** Told of what goes wrong; the car drives on and sends it later. */
  onTrouble(message: string): void
  signal: AbortSignal
}

/**
 * Drives until it is told to stop: the first time with a quarter of an hour behind it, later from where the odometer stands. A record leaves as soon as it is full;
 * what is signed and not yet certified when the process ends is sent by the next.
 */
export async function driveLive({ home, profile, device, onTrouble, signal }: LiveCarInit): Promise<void> {
  const miles = await lastMiles(home, profile)
  const nowMs = Date.now()
  const startMs = miles === null ? nowMs - HISTORY_MS : nowMs
  const source = inMiles(createSimulatedCar({ seed: Math.floor(startMs / 1000) % 0xffff_ffff, startMs, odometerMetres: milesToMetres(miles ?? FIRST_MILES) + 800, durationMs: null, stepMs: STEP_MS }))
  let isLive = miles !== null
  const batcher = createBatcher((stream) => (isLive ? LIVE : HISTORY)[stream] as BatchLimits, 'wall')
  const write = async (batches: Batch[]): Promise<void> => {
    for (const { stream, readings } of batches) await device.record(stream, 0, readings)
    if (batches.length > 0 && isLive) await flush(device, onTrouble, signal)
  }
  let atMs = startMs
  for await (const items of source.read()) {
    if (!isLive && atMs >= nowMs) {
      isLive = true
      await write(batcher.flush())
    }
    if (signal.aborted || (isLive && !(await until(atMs, signal)))) break
    await write(items.flatMap((item: SourceItem) => ('refused' in item ? [] : batcher.add(item))))
    atMs += STEP_MS
  }
  await write(batcher.flush())
}

/** Whether the time came before the end did. */
async function until(timeMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  try {
    await wait(Math.max(0, timeMs - Date.now()), undefined, { signal })
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

/** Sends what was signed; while the ledger does not take it, once more a little later. */
async function flush(device: Device, onTrouble: (message: string) => void, signal: AbortSignal): Promise<void> {
  try {
    await device.flush()
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    onTrouble(error.message)
    await until(Date.now() + RETRY_MS, signal)
  }
}
