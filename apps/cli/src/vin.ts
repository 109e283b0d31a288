import { UsageError } from './failure.ts'

/** A vehicle identification number as it is compared: in capitals (`malformed-vin`). */
export function readVin(text: string): string {
  const vin = text.trim().toUpperCase()
  if (/^[A-HJ-NPR-Z0-9]{17}$/.test(vin)) return vin
  throw new UsageError('malformed-vin', `${text} is not a vehicle identification number. It has 17 digits and letters, never I, O or Q.`, { expected: '17 digits and letters', found: `${vin.length} characters` })
}
