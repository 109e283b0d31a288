import { fail } from './errors.ts'

/**
 * An exact decimal, mantissa x 10^exponent, as CBOR tag 4 (RFC 8949, 3.4.4). Normal form: exponent -1 to -18 and a mantissa that
 * ten does not divide; whole numbers are plain integers. Floats are never used: two platforms could print them differently.
 */
export class Decimal {
  readonly exponent: number
  readonly mantissa: number

  constructor(mantissa: number, exponent: number) {
    this.mantissa = mantissa
    this.exponent = exponent
  }
}

/** A number as records carry it: an integer within +-(2^53 - 1), or a Decimal in normal form. */
export type Exact = number | Decimal

/** Normal form of mantissa x 10^exponent, mantissa as bigint; refuses what does not fit (`number-out-of-range`). */
export function exact(mantissa: bigint, exponent: number): Exact {
  let m = mantissa
  let e = exponent
  if (m === 0n) return 0
  while (e < 0 && m % 10n === 0n) {
    m /= 10n
    e += 1
  }
  while (e > 0) {
    m *= 10n
    e -= 1
    if (m > MAX || m < -MAX) break
  }
  if (m > MAX || m < -MAX || e < -18) {
    throw fail('number-out-of-range', `The number ${mantissa}e${exponent} has more digits than a record can carry.`, {
      expected: 'at most 2^53 - 1 as mantissa and 18 decimal places',
      found: `${mantissa}e${exponent}`,
    })
  }
  return e === 0 ? Number(m) : new Decimal(Number(m), e)
}

const MAX = BigInt(Number.MAX_SAFE_INTEGER)

/** Reads `-12.340` or `1e-3` exactly (`malformed-number`, `number-out-of-range`). */
export function exactFromText(text: string): Exact {
  const match = /^([+-]?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text.trim())
  if (!match) throw fail('malformed-number', `"${text.slice(0, 40)}" is not a decimal number.`, { expected: 'a number such as 15590 or 29.38', found: text.slice(0, 40) })
  const [, sign, whole = '', fraction = '', power = '0'] = match
  const mantissa = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  return exact(mantissa, Number(power) - fraction.length)
}

/** Plain digits, no exponent: `29.38`. */
export function exactToText(value: Exact): string {
  if (typeof value === 'number') return String(value)
  const digits = String(Math.abs(value.mantissa)).padStart(1 - value.exponent, '0')
  const cut = digits.length + value.exponent
  return `${value.mantissa < 0 ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`
}

/** For charts and comparisons only, never for what is signed. */
export function exactToNumber(value: Exact): number {
  return typeof value === 'number' ? value : Number(exactToText(value))
}

/** value x factor, exactly; factor as [mantissa, exponent]. */
export function exactTimes(value: Exact, factorMantissa: bigint, factorExponent: number): { mantissa: bigint; exponent: number } {
  const m = typeof value === 'number' ? BigInt(value) : BigInt(value.mantissa)
  const e = typeof value === 'number' ? 0 : value.exponent
  return { mantissa: m * factorMantissa, exponent: e + factorExponent }
}

/** Nearest whole number, halves away from zero. */
export function roundExact(mantissa: bigint, exponent: number): number {
  if (exponent >= 0) return Number(mantissa * 10n ** BigInt(exponent))
  const scale = 10n ** BigInt(-exponent)
  const magnitude = mantissa < 0n ? -mantissa : mantissa
  const rounded = (magnitude * 2n + scale) / (scale * 2n)
  return Number(mantissa < 0n ? -rounded : rounded)
}
