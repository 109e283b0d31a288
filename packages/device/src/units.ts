import { exact, fail } from '@telltale/core'
import type { Exact } from '@telltale/core'
import { closeNames } from './sources/close-names.ts'

/**
 * Units that sources may speak, and the way from them to the unit that COVESA VSS 6.0 gives to a path (`spec/units.yaml` and the
 * `unit` of each signal there). Everything is rational arithmetic on whole numbers: no float takes part.
 */
interface Unit {
  quantity: string
  /** value in the base unit of the quantity = value x scale + shift, both as [numerator, denominator] */
  scale: readonly [bigint, bigint]
  shift: readonly [bigint, bigint]
  /** Unit to speak where the path is not listed below: itself, if VSS knows it. */
  spokenAs: string
}

function unit(name: string, quantity: string, numerator: bigint, denominator = 1n, spokenAs = name, shift: readonly [bigint, bigint] = [0n, 1n]): [string, Unit] {
  return [name, { quantity, scale: [numerator, denominator], shift, spokenAs }]
}

const units: ReadonlyMap<string, Unit> = new Map([
  unit('m', 'length', 1n),
  unit('km', 'length', 1_000n),
  unit('cm', 'length', 1n, 100n),
  unit('mm', 'length', 1n, 1_000n),
  unit('inch', 'length', 254n, 10_000n),
  unit('mi', 'length', 1_609_344n, 1_000n, 'm'),
  unit('ft', 'length', 3_048n, 10_000n, 'm'),
  unit('km/h', 'velocity', 1n),
  unit('m/s', 'velocity', 18n, 5n),
  unit('mph', 'velocity', 1_609_344n, 1_000_000n, 'km/h'),
  unit('knots', 'velocity', 1_852n, 1_000n, 'km/h'),
  unit('m/s^2', 'acceleration', 1n),
  unit('cm/s^2', 'acceleration', 1n, 100n),
  unit('Celsius', 'temperature', 1n),
  unit('Fahrenheit', 'temperature', 5n, 9n, 'Celsius', [-160n, 9n]),
  unit('K', 'temperature', 1n, 1n, 'Celsius', [-27_315n, 100n]),
  unit('kPa', 'pressure', 1n),
  unit('Pa', 'pressure', 1n, 1_000n),
  unit('mbar', 'pressure', 1n, 10n),
  unit('bar', 'pressure', 100n, 1n, 'kPa'),
  unit('psi', 'pressure', 44_482_216_152_605n, 6_451_600_000_000n),
  unit('l', 'volume', 1n),
  unit('ml', 'volume', 1n, 1_000n),
  unit('gal-us', 'volume', 3_785_411_784n, 1_000_000_000n, 'l'),
  unit('gal-uk', 'volume', 454_609n, 100_000n, 'l'),
  unit('s', 'duration', 1n),
  unit('ms', 'duration', 1n, 1_000n),
  unit('min', 'duration', 60n),
  unit('h', 'duration', 3_600n),
  unit('day', 'duration', 86_400n),
  unit('degrees', 'angle', 1n),
  unit('degrees/s', 'angular-speed', 1n),
  unit('rpm', 'rotational-speed', 1n),
  unit('Hz', 'frequency', 1n),
  unit('percent', 'relation', 1n),
  unit('ratio', 'relation', 100n),
  unit('V', 'voltage', 1n),
  unit('mV', 'voltage', 1n, 1_000n, 'V'),
  unit('A', 'electric-current', 1n),
  unit('mA', 'electric-current', 1n, 1_000n, 'A'),
  unit('Ah', 'electric-charge', 1n),
  unit('kW', 'power', 1n),
  unit('W', 'power', 1n, 1_000n),
  unit('PS', 'power', 73_549_875n, 100_000_000n),
  unit('kWh', 'work', 1n),
  unit('Wh', 'work', 1n, 1_000n, 'kWh'),
  unit('kg', 'mass', 1n),
  unit('g', 'mass', 1n, 1_000n),
  unit('lbs', 'mass', 45_359_237n, 100_000_000n),
  unit('g/s', 'mass-per-time', 1n),
  unit('N', 'force', 1n),
  unit('kN', 'force', 1_000n),
  unit('Nm', 'torque', 1n),
  unit('l/h', 'volume-flow-rate', 1n),
  unit('l/100km', 'volume-per-distance', 1n),
])

/** Other spellings, in lower case. Only those that mean one thing: `M`, `k` and `gal` are refused. */
const spellings: ReadonlyMap<string, string> = new Map([
  ['mile', 'mi'], ['miles', 'mi'], ['mi', 'mi'], ['km', 'km'], ['kms', 'km'], ['kilometer', 'km'], ['kilometers', 'km'], ['kilometre', 'km'], ['kilometres', 'km'],
  ['meter', 'm'], ['meters', 'm'], ['metre', 'm'], ['metres', 'm'], ['feet', 'ft'], ['km/h', 'km/h'], ['kph', 'km/h'], ['kmh', 'km/h'], ['kmph', 'km/h'],
  ['mph', 'mph'], ['mi/h', 'mph'], ['m/s2', 'm/s^2'], ['m/s²', 'm/s^2'], ['celsius', 'Celsius'], ['degc', 'Celsius'], ['deg c', 'Celsius'], ['°c', 'Celsius'], ['c', 'Celsius'],
  ['fahrenheit', 'Fahrenheit'], ['degf', 'Fahrenheit'], ['deg f', 'Fahrenheit'], ['°f', 'Fahrenheit'], ['f', 'Fahrenheit'], ['kelvin', 'K'], ['kpa', 'kPa'], ['psi', 'psi'], ['bar', 'bar'],
  ['liter', 'l'], ['liters', 'l'], ['litre', 'l'], ['litres', 'l'], ['sec', 's'], ['seconds', 's'], ['minutes', 'min'], ['minute', 'min'], ['hours', 'h'], ['hour', 'h'], ['days', 'day'],
  ['deg', 'degrees'], ['degree', 'degrees'], ['°', 'degrees'], ['deg/s', 'degrees/s'], ['deg/sec', 'degrees/s'], ['°/s', 'degrees/s'], ['1/min', 'rpm'], ['rpm', 'rpm'], ['%', 'percent'],
  ['volt', 'V'], ['volts', 'V'], ['v', 'V'], ['lb', 'lbs'], ['l/hr', 'l/h'],
])

/** Paths whose unit VSS 6.0 fixes and that sources commonly fill. `Vehicle.OBD.*` is its overlay `extensions/OBD.vspec`. */
const pathUnits: ReadonlyMap<string, string> = new Map([
  ['Vehicle.TraveledDistance', 'm'],
  ['Vehicle.TraveledDistanceSinceStart', 'm'],
  ['Vehicle.TripMeterReading', 'm'],
  ['Vehicle.TripDuration', 's'],
  ['Vehicle.Speed', 'km/h'],
  ['Vehicle.AverageSpeed', 'km/h'],
  ['Vehicle.ADAS.CruiseControl.SpeedSet', 'km/h'],
  ['Vehicle.Acceleration.Longitudinal', 'm/s^2'],
  ['Vehicle.Acceleration.Lateral', 'm/s^2'],
  ['Vehicle.Acceleration.Vertical', 'm/s^2'],
  ['Vehicle.AngularVelocity.Yaw', 'degrees/s'],
  ['Vehicle.CurrentLocation.Latitude', 'degrees'],
  ['Vehicle.CurrentLocation.Longitude', 'degrees'],
  ['Vehicle.CurrentLocation.Altitude', 'm'],
  ['Vehicle.Exterior.AirTemperature', 'Celsius'],
  ['Vehicle.LowVoltageBattery.CurrentVoltage', 'V'],
  ['Vehicle.Chassis.SteeringWheel.Angle', 'degrees'],
  ['Vehicle.Chassis.Accelerator.PedalPosition', 'percent'],
  ['Vehicle.Chassis.Brake.PedalPosition', 'percent'],
  ...['Row1', 'Row2'].flatMap((row) => ['Left', 'Right'].flatMap((side): [string, string][] => [
    [`Vehicle.Chassis.Axle.${row}.Wheel.${side}.Speed`, 'km/h'],
    [`Vehicle.Chassis.Axle.${row}.Wheel.${side}.Tire.Pressure`, 'kPa'],
    [`Vehicle.Chassis.Axle.${row}.Wheel.${side}.Tire.Temperature`, 'Celsius'],
  ])),
  ['Vehicle.Powertrain.Range', 'm'],
  ['Vehicle.Powertrain.Transmission.TravelledDistance', 'km'],
  ['Vehicle.Powertrain.Transmission.Temperature', 'Celsius'],
  ['Vehicle.Powertrain.CombustionEngine.Speed', 'rpm'],
  ['Vehicle.Powertrain.CombustionEngine.EngineHours', 'h'],
  ['Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature', 'Celsius'],
  ['Vehicle.Powertrain.CombustionEngine.EngineOil.Temperature', 'Celsius'],
  ['Vehicle.Powertrain.CombustionEngine.MAP', 'kPa'],
  ['Vehicle.Powertrain.CombustionEngine.MAF', 'g/s'],
  ['Vehicle.Powertrain.CombustionEngine.TPS', 'percent'],
  ['Vehicle.Powertrain.FuelSystem.RelativeLevel', 'percent'],
  ['Vehicle.Powertrain.FuelSystem.AbsoluteLevel', 'l'],
  ['Vehicle.Powertrain.TractionBattery.StateOfCharge.Current', 'percent'],
  ['Vehicle.Powertrain.TractionBattery.StateOfHealth', 'percent'],
  ['Vehicle.Powertrain.TractionBattery.Temperature.Average', 'Celsius'],
  ['Vehicle.Powertrain.TractionBattery.CurrentVoltage', 'V'],
  ['Vehicle.Powertrain.TractionBattery.CurrentCurrent', 'A'],
  ['Vehicle.OBD.RunTime', 's'],
  ['Vehicle.OBD.IntakeTemp', 'Celsius'],
  ['Vehicle.OBD.EngineLoad', 'percent'],
  ['Vehicle.OBD.ControlModuleVoltage', 'V'],
  ['Vehicle.OBD.DistanceWithMIL', 'km'],
  ['Vehicle.OBD.DistanceSinceDTCClear', 'km'],
  ['Vehicle.OBD.RunTimeMIL', 'min'],
  ['Vehicle.OBD.TimeSinceDTCCleared', 'min'],
])

/** Distances that VSS 6.0 gives as uint32: whole metres. */
const wholePaths: ReadonlySet<string> = new Set(['Vehicle.TraveledDistance', 'Vehicle.TraveledDistanceSinceStart', 'Vehicle.TripMeterReading'])

/** The path of the odometer in VSS 6.0; zero or less there means "not available". */
export const ODOMETER_PATH = 'Vehicle.TraveledDistance'

/** Decimal places kept where a conversion has no end (Fahrenheit, psi) or very many digits: finer than any sensor. */
const DECIMAL_PLACES_MAX = 9

/** A value in the unit of its path, and what the source said where that is something else. */
export interface ConvertedValue {
  value: Exact
  raw?: { value: Exact; unit: string }
}

export interface Conversion {
  /** VSS unit of the converted value. */
  unit: string
  /** Throws `number-out-of-range` if the result does not fit a record. */
  convert(value: Exact): ConvertedValue
}

/** VSS name of a unit however it is spelt (`miles` and `mi`, `°C` and `Celsius`), or null. */
export function unitFromSpelling(spelling: string): string | null {
  const text = spelling.trim()
  if (units.has(text)) return text
  return spellings.get(text.toLowerCase()) ?? null
}

/**
 * The way from a source's unit to the VSS 6.0 unit of `path`; for a path that is not known here, to the source's own unit if VSS
 * has it, else to that of its quantity. Distances that VSS counts in whole metres are rounded half away from zero; results that
 * have no exact decimal are rounded to nine places, and what was said is kept as `raw`.
 * Errors: `unknown-unit`, `unit-mismatch` (a temperature for a speed).
 */
export function createConversion(path: string, spelling: string): Conversion {
  const name = unitFromSpelling(spelling)
  const from = name === null ? undefined : units.get(name)
  if (name === null || from === undefined) throw unknownUnit(spelling)
  const toName = pathUnits.get(path) ?? from.spokenAs
  const to = units.get(toName)
  if (to === undefined) throw unknownUnit(toName)
  if (to.quantity !== from.quantity) {
    throw fail('unit-mismatch', `${path} is a ${to.quantity} in ${toName}, but the source gives ${name}, a ${from.quantity}. Correct the unit or the path.`, { expected: `a unit of ${to.quantity}`, found: name })
  }
  const formula = formulaBetween(from, to)
  const whole = wholePaths.has(path)
  const sameUnit = name === toName
  return {
    unit: toName,
    convert(value) {
      if (sameUnit && (!whole || typeof value === 'number')) return { value }
      return { value: apply(formula, value, whole), raw: { value, unit: name } }
    },
  }
}

function unknownUnit(spelling: string) {
  const near = closeNames(spelling, [...units.keys(), ...spellings.keys()])
  return fail('unknown-unit', `The unit "${spelling.slice(0, 40)}" is not known.${near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ''}`, {
    expected: [...units.keys()].join(', '),
    found: spelling.slice(0, 40),
  })
}

/** result = (value x factor + term) / divisor, in whole numbers; `places` if the divisor is 10^places, so that the result is exact. */
interface Formula {
  factor: bigint
  term: bigint
  divisor: bigint
  places: number | null
}

function formulaBetween(from: Unit, to: Unit): Formula {
  // to = (value x fs + fh - th) / ts with fs, fh, th, ts fractions, over one common divisor
  const [fsn, fsd] = from.scale
  const [fhn, fhd] = from.shift
  const [tsn, tsd] = to.scale
  const [thn, thd] = to.shift
  const common = fsd * fhd * thd
  const factor = fsn * fhd * thd * tsd
  const term = (fhn * fsd * thd - thn * fsd * fhd) * tsd
  const divisor = common * tsn
  const shared = divisorInCommon(divisorInCommon(factor, term), divisor)
  const reduced = { factor: factor / shared, term: term / shared, divisor: divisor / shared }
  for (let places = 0; places <= 18; places += 1) {
    const power = 10n ** BigInt(places)
    if (power % reduced.divisor !== 0n) continue
    const widen = power / reduced.divisor
    return { factor: reduced.factor * widen, term: reduced.term * widen, divisor: power, places }
  }
  return { ...reduced, places: null }
}

function divisorInCommon(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

function apply(formula: Formula, value: Exact, whole: boolean): Exact {
  const mantissa = BigInt(typeof value === 'number' ? value : value.mantissa)
  const places = typeof value === 'number' ? 0 : -value.exponent
  const power = 10n ** BigInt(places)
  const numerator = mantissa * formula.factor + formula.term * power
  if (whole) return exact(divideRounded(numerator, formula.divisor * power), 0)
  if (formula.places !== null && formula.places + places <= DECIMAL_PLACES_MAX) return exact(numerator, -formula.places - places)
  return exact(divideRounded(numerator * 10n ** BigInt(DECIMAL_PLACES_MAX), formula.divisor * power), -DECIMAL_PLACES_MAX)
}

/** Nearest whole number, halves away from zero; the divisor is positive. */
function divideRounded(numerator: bigint, divisor: bigint): bigint {
  const magnitude = numerator < 0n ? -numerator : numerator
  const rounded = (magnitude * 2n + divisor) / (divisor * 2n)
  return numerator < 0n ? -rounded : rounded
}
