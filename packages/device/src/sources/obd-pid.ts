import { exact, fail } from '@telltale/core'
import type { Exact } from '@telltale/core'
import { excerptOfText } from './excerpt.ts'
import { ODOMETER_PATH } from '../units.ts'
import { notAvailable } from './reading-maker.ts'

/** One parameter of OBD-II mode 01 (SAE J1979) whose value is exact in decimals: value = (raw + shift) x factor. */
export interface ObdPid {
  /** Mode and number: `01A6`. */
  code: string
  /** Bytes of the answer after mode and number. */
  bytes: number
  /** Added to the raw number. */
  shift: bigint
  /** [mantissa, exponent] that the sum is multiplied with. */
  factor: readonly [bigint, number]
  /** Unit of the value as J1979 defines it. */
  unit: string
  /** VSS 6.0 path, of its overlay `Vehicle.OBD` where the core has none. */
  path: string
}

function pid(code: string, bytes: number, unit: string, path: string, factor: readonly [bigint, number] = [1n, 0], shift = 0n): [string, ObdPid] {
  return [code, { code, bytes, shift, factor, unit, path }]
}

/** By mode and number. Those whose formula has no end in decimals (hundredths of 255) are left out. */
export const obdPids: ReadonlyMap<string, ObdPid> = new Map([
  pid('0105', 1, 'Celsius', 'Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature', [1n, 0], -40n),
  pid('010B', 1, 'kPa', 'Vehicle.Powertrain.CombustionEngine.MAP'),
  pid('010C', 2, 'rpm', 'Vehicle.Powertrain.CombustionEngine.Speed', [25n, -2]),
  pid('010D', 1, 'km/h', 'Vehicle.Speed'),
  pid('010F', 1, 'Celsius', 'Vehicle.OBD.IntakeTemp', [1n, 0], -40n),
  pid('0110', 2, 'g/s', 'Vehicle.Powertrain.CombustionEngine.MAF', [1n, -2]),
  pid('011F', 2, 's', 'Vehicle.OBD.RunTime'),
  pid('0121', 2, 'km', 'Vehicle.OBD.DistanceWithMIL'),
  pid('0131', 2, 'km', 'Vehicle.OBD.DistanceSinceDTCClear'),
  pid('0142', 2, 'V', 'Vehicle.OBD.ControlModuleVoltage', [1n, -3]),
  pid('0146', 1, 'Celsius', 'Vehicle.Exterior.AirTemperature', [1n, 0], -40n),
  pid('014D', 2, 'min', 'Vehicle.OBD.RunTimeMIL'),
  pid('014E', 2, 'min', 'Vehicle.OBD.TimeSinceDTCCleared'),
  pid('015C', 1, 'Celsius', 'Vehicle.Powertrain.CombustionEngine.EngineOil.Temperature', [1n, 0], -40n),
  pid('01A6', 4, 'km', ODOMETER_PATH, [1n, -1]),
])

/** What an ELM327 says instead of an answer. */
const EXCUSES = /^(?:NODATA|UNABLETOCONNECT|STOPPED|BUSINIT|BUSERROR|BUSBUSY|CANERROR|DATAERROR|ERROR|BUFFERFULL|\?|SEARCHING)/

/** Whether a text is an answer to this PID, neither a plain number nor some other words: `41 A6 00 14 BB C7`, and `410532` for 0105, which no value reaches. */
export function isObdAnswer(asked: ObdPid, text: string): boolean {
  const packed = packedOf(text)
  if (!/^[0-9A-F]+$/.test(packed) && !EXCUSES.test(packed)) return false
  return !/^[+-]?\d+(?:[.,]\d+)?$/.test(packed) || (packed.startsWith(`41${asked.code.slice(2)}`) && packed.length === 4 + 2 * asked.bytes)
}

/**
 * The value in an answer of an ELM327: hex digits with or without spaces, with or without the header and length of its frame (`7E8 06`).
 * An odometer whose bits are all set is `not-available`, as is `NO DATA`. Errors: `not-available`, `malformed-obd-answer`.
 */
export function decodeObdAnswer(asked: ObdPid, text: string): Exact {
  const packed = packedOf(text)
  if (EXCUSES.test(packed)) throw notAvailable(`obd:${asked.code}`, excerptOfText(text.trim()))
  const echo = `41${asked.code.slice(2)}`
  const digits = asked.bytes * 2
  const framed = new RegExp(`^(?:7E[8-F]|18DAF1[0-9A-F]{2})0${asked.bytes + 2}${echo}([0-9A-F]{${digits}})(?:[0-9A-F]{2})*$`).exec(packed)
  const plain = new RegExp(`^${echo}([0-9A-F]{${digits}})$`).exec(packed)
  const data = plain?.[1] ?? framed?.[1]
  if (data === undefined) {
    const expected = `${echo} and ${asked.bytes} ${asked.bytes === 1 ? 'byte' : 'bytes'} in hex`
    throw fail('malformed-obd-answer', `This is neither a number nor an answer to ${asked.code}, which is ${expected}. A different echo means that something else answered.`, { expected, found: excerptOfText(text.trim()) })
  }
  if (asked.path === ODOMETER_PATH && /^F+$/.test(data)) throw notAvailable(`obd:${asked.code}`, data)
  const [mantissa, exponent] = asked.factor
  return exact((BigInt(`0x${data}`) + asked.shift) * mantissa, exponent)
}

function packedOf(text: string): string {
  return text.slice(0, 128).replace(/[\s>]/g, '').toUpperCase()
}
