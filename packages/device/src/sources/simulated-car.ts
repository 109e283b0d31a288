import { assert, exact, fail } from '@telltale/core'
import type { ClockName, Reading, SourceItem } from '../reading.ts'
import { ODOMETER_PATH } from '../units.ts'
import { stopIfAborted } from './file-chunks.ts'
import { TIME_SECONDS_MAX } from './limits.ts'
import type { MappedSource } from './mapping.ts'

export interface SimulatedCarOptions {
  /** Whole number from 0 to 2^32 - 1; the same one gives the same drive on every machine. */
  seed: number
  /** Time of the first readings in milliseconds on `clock`. */
  startMs: number
  /** Odometer at the start, in whole metres, above zero. */
  odometerMetres: number
  /** Length of the drive; null: it goes on until it is aborted. */
  durationMs: number | null
  /** Between readings; 1,000 if left out. */
  stepMs?: number
  /** `wall` if left out. */
  clock?: ClockName
  /** Engine and outside temperature at the start in tenths of a degree Celsius; 180 if left out. */
  ambientTenths?: number
}

/** A phase of the drive: the speed it goes for and how long it stays there. Speeds are in hundredths of a km/h. */
interface Phase {
  targetSpeed: number
  holdMs: number
  /** Change of speed per second. */
  acceleration: number
}

const SPEEDS = [0, 0, 3_000, 5_000, 5_000, 7_000, 10_000, 12_000] as const
/** 0.01 km/h is 1 / 360,000 m per millisecond: distances stay whole numbers. */
const UNITS_PER_METRE = 360_000
const WARM_TENTHS = 900
const ENGINE_PATH = 'Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature'

/**
 * A car that drives through town and country: stops, accelerates, cruises, brakes, and warms its engine. Everything is whole-number
 * arithmetic from the seed, without clock or chance, so a drive can be repeated to the byte. One batch a step, so that a demonstration can
 * pace itself; `stream`s `odometer` and `driving`. `read` starts anew each time it is called. Errors: `option-out-of-range`.
 */
export function createSimulatedCar(options: SimulatedCarOptions): MappedSource {
  const { seed, startMs, odometerMetres, durationMs, stepMs = 1_000, clock = 'wall', ambientTenths = 180 } = options
  checkRange('seed', seed, 0, 0xffff_ffff)
  checkRange('startMs', startMs, 0, TIME_SECONDS_MAX * 1000)
  checkRange('odometerMetres', odometerMetres, 1, 4_000_000_000)
  checkRange('stepMs', stepMs, 10, 60_000)
  checkRange('ambientTenths', ambientTenths, -400, WARM_TENTHS)
  if (durationMs !== null) checkRange('durationMs', durationMs, 0, 31_536_000_000)
  let readings = 0

  // An async generator, as the interface asks, although nothing here waits.
  async function* read(signal?: AbortSignal): AsyncGenerator<SourceItem[], void, undefined> {
    readings = 0
    const drive = createDrive(seed, ambientTenths)
    for (let elapsedMs = 0; durationMs === null || elapsedMs <= durationMs; elapsedMs += stepMs) {
      stopIfAborted(signal)
      const items = readingsAt(startMs + elapsedMs, drive.state(), odometerMetres)
      readings += items.length
      yield items
      drive.advance(stepMs)
    }
  }

  return {
    clock,
    streams: new Map([
      ['odometer', { recordMs: 10_000, recordReadingsMax: 64 }],
      ['driving', { recordMs: 10_000, recordReadingsMax: 256 }],
    ]),
    read,
    progress: () => ({ bytesRead: 0, bytesTotal: null, lines: readings }),
  }
}

function checkRange(name: string, value: number, minimum: number, maximum: number): void {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return
  throw fail('option-out-of-range', `${name} of the simulated car must be a whole number from ${minimum} to ${maximum}.`, { expected: `${minimum} to ${maximum}`, found: String(value) })
}

function readingsAt(timeMs: number, state: DriveState, odometerMetres: number): Reading[] {
  const metres = odometerMetres + Math.floor(state.distance / UNITS_PER_METRE)
  return [
    { stream: 'odometer', path: ODOMETER_PATH, timeMs, value: metres, unit: 'm', source: 'simulated:odometer' },
    { stream: 'driving', path: 'Vehicle.Speed', timeMs, value: exact(BigInt(state.speed), -2), unit: 'km/h', source: 'simulated:speed' },
    { stream: 'driving', path: ENGINE_PATH, timeMs, value: exact(BigInt(state.engineTenths), -1), unit: 'Celsius', source: 'simulated:engine' },
  ]
}

interface DriveState {
  /** Hundredths of a km/h. */
  speed: number
  /** 360,000ths of a metre since the start. */
  distance: number
  engineTenths: number
}

function createDrive(seed: number, ambientTenths: number) {
  const random = createRandom(seed)
  let phase = nextPhase(random, 0)
  let heldMs = 0
  let warmthMs = 0
  let speed = 0
  let distance = 0

  return {
    state: (): DriveState => ({ speed, distance, engineTenths: engineTenths(warmthMs, ambientTenths) }),
    advance(stepMs: number): void {
      const before = speed
      const most = Math.floor((phase.acceleration * stepMs) / 1000)
      speed += Math.max(-most, Math.min(most, phase.targetSpeed - speed))
      // mean of the speeds at both ends of the step, doubled and halved in whole numbers
      distance += Math.floor(((before + speed) * stepMs) / 2)
      assert(Number.isSafeInteger(distance), 'the distance of a simulated drive outgrew whole numbers')
      warmthMs += stepMs
      if (speed !== phase.targetSpeed) return
      heldMs += stepMs
      if (heldMs < phase.holdMs) return
      heldMs = 0
      phase = nextPhase(random, speed)
    },
  }
}

/** Warms up over ten minutes, fast at first, as 1 - (1 - t)^2 in whole numbers. */
function engineTenths(warmthMs: number, ambientTenths: number): number {
  const left = Math.max(0, 600 - Math.floor(warmthMs / 1000))
  return WARM_TENTHS - Math.floor(((WARM_TENTHS - ambientTenths) * left * left) / 360_000)
}

function nextPhase(random: () => number, speed: number): Phase {
  const chosen = SPEEDS[random() % SPEEDS.length] ?? 0
  const targetSpeed = chosen === 0 && speed === 0 ? 3_000 : chosen
  // a little off the round number, as people drive; standing is standing
  const wobble = targetSpeed === 0 ? 0 : (random() % 400) - 200
  return { targetSpeed: targetSpeed + wobble, holdMs: 5_000 + (random() % 40_000), acceleration: targetSpeed < speed ? 900 : 500 + (random() % 400) }
}

/** xorshift32 (Marsaglia, 2003) after one mixing step, so that neighbouring seeds drive differently. */
function createRandom(seed: number): () => number {
  let state = (Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ (seed >>> 13)) >>> 0
  if (state === 0) state = 0x9e37_79b9
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
}
