/**
 * Writes short-drive.log and second-drive.log beside itself, or into another folder: `node samples/make-short-drive.ts [FOLDER]`.
 * Whole-number arithmetic only, no clock and no chance, so that every run writes the same bytes. The car and its identifiers are invented;
 * short-drive.dbc describes them.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Drive {
  file: string
  /** Since the car's computer started. */
  firstMicroseconds: number
  seconds: number
  /** Odometer at the start in thousandths of a mile: the dashboard shows whole miles. */
  thousandthMiles: number
  /** [second, speed in hundredths of a km/h]; between them the speed changes evenly. */
  speeds: readonly (readonly [number, number])[]
  coolantAtStart: number
}

const drives: readonly Drive[] = [
  { file: 'short-drive.log', firstMicroseconds: 12_480_000, seconds: 60, thousandthMiles: 58_411_600, speeds: [[0, 0], [4, 0], [14, 5_000], [30, 5_200], [38, 3_000], [46, 6_000], [54, 5_800], [60, 0]], coolantAtStart: 41 },
  { file: 'second-drive.log', firstMicroseconds: 9_210_000, seconds: 90, thousandthMiles: 58_412_086, speeds: [[0, 0], [3, 0], [15, 6_000], [40, 8_000], [70, 7_600], [82, 5_000], [90, 0]], coolantAtStart: 63 },
]

/** 0.01 km/h for one millisecond is 1 / 360,000 m; a thousandth of a mile is 1.609344 m. */
const UNITS_PER_THOUSANDTH_MILE = 579_364

interface State {
  microseconds: number
  speed: number
  /** Hundredths of m/s^2. */
  acceleration: number
  thousandthMiles: number
  second: number
}

/** The text of one drive in the form of `candump -L`. */
function driveToLog(drive: Drive): string {
  const lines: string[] = []
  let distance = 0
  let before = 0
  // 50 ms a step; each message has its own rhythm
  for (let step = 0; step < drive.seconds * 20; step += 1) {
    const milliseconds = step * 50
    const speed = speedAt(drive, milliseconds)
    distance += speed * 50
    const state: State = {
      microseconds: drive.firstMicroseconds + milliseconds * 1000,
      speed,
      acceleration: Math.trunc(((speed - before) * 100 * 1000) / (360 * 50)),
      thousandthMiles: drive.thousandthMiles + Math.floor(distance / UNITS_PER_THOUSANDTH_MILE),
      second: Math.floor(milliseconds / 1000),
    }
    before = speed
    framesAt(step, state, drive.coolantAtStart).forEach((frame, index) => {
      lines.push(`(${timeText(state.microseconds + index * 210 + ((step * 37) % 90))}) can0 ${frame}\n`)
    })
  }
  return lines.join('')
}

function speedAt(drive: Drive, milliseconds: number): number {
  for (let index = 1; index < drive.speeds.length; index += 1) {
    const [fromSecond, fromSpeed] = drive.speeds[index - 1] ?? [0, 0]
    const [toSecond, toSpeed] = drive.speeds[index] ?? [0, 0]
    if (milliseconds > toSecond * 1000) continue
    return fromSpeed + Math.trunc(((toSpeed - fromSpeed) * (milliseconds - fromSecond * 1000)) / ((toSecond - fromSecond) * 1000))
  }
  return 0
}

function framesAt(step: number, state: State, coolantAtStart: number): string[] {
  const frames = [roadSpeed(state, step)]
  if (step % 4 === 1) frames.push(bodyMotion(state))
  if (step % 5 === 2) frames.push(enginePage(state, Math.floor(step / 5) % 3, coolantAtStart))
  if (step % 20 === 7) frames.push(dashboard(state))
  if (step % 20 === 11) frames.push(cabinClimate(state))
  // a frame that no database knows, as every real log has plenty
  if (step % 10 === 3) frames.push(`5A0#${hex([step & 255, (step >> 8) & 255, 0x55, 0xaa])}`)
  return frames
}

function roadSpeed(state: State, step: number): string {
  return `121#${hex([state.speed & 255, state.speed >> 8, 0, 0, 0, 0, 0, step & 15])}`
}

function bodyMotion(state: State): string {
  const bits = state.acceleration & 0xfff
  return `141#${hex([bits >> 4, (bits & 15) << 4, state.acceleration < 0 ? 1 : 0, 0, 0, 0, 0, 0])}`
}

function dashboard(state: State): string {
  const miles = Math.floor(state.thousandthMiles / 1000)
  return `221#${hex([2, miles >> 16, (miles >> 8) & 255, miles & 255, 0, 0, 0, 0])}`
}

function enginePage(state: State, page: number, coolantAtStart: number): string {
  const coolant = coolantAtStart + Math.floor(state.second / 6)
  const voltage = 14_180 + (state.second % 7) * 10
  const data = page === 0 ? [coolant + 40, 0] : page === 1 ? [coolant + 31, 0] : [voltage & 255, voltage >> 8]
  return `321#${hex([page, ...data, 0, 0, 0, 0, 0])}`
}

function cabinClimate(state: State): string {
  const tenths = -12 + Math.floor(state.second / 20)
  return `18FFA021#${hex([tenths & 255, (tenths >> 8) & 15, 0, 0])}`
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('')
}

function timeText(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1_000_000)
  return `${String(seconds).padStart(10, '0')}.${String(microseconds % 1_000_000).padStart(6, '0')}`
}

const folder = process.argv[2] ?? import.meta.dirname
for (const drive of drives) writeFileSync(join(folder, drive.file), driveToLog(drive))
