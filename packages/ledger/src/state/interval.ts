import { asArray, asNullable, asUint, wrongShape } from '@telltale/core'
import type { Cbor } from '@telltale/core'

/** A value and the block heights at which it holds: [from, to), `to` null while open. A change made in block H takes effect from H + 1. */
export interface Interval<T> {
  value: T
  from: number
  to: number | null
}

export function isInForce(interval: Interval<unknown>, height: number): boolean {
  return interval.from <= height && (interval.to === null || height < interval.to)
}

/** The values that hold at a height, in the order they were set. */
export function inForce<T>(intervals: Interval<T>[], height: number): T[] {
  return intervals.filter((interval) => isInForce(interval, height)).map((interval) => interval.value)
}

/** The list with everything for which `ends` holds closed at `from`; what would never have held is left out. */
export function closeIntervals<T>(intervals: Interval<T>[], from: number, ends: (value: T) => boolean): Interval<T>[] {
  return intervals
    .map((interval) => (interval.to === null && ends(interval.value) ? { ...interval, to: from } : interval))
    .filter((interval) => interval.to === null || interval.to > interval.from)
}

export function openInterval<T>(intervals: Interval<T>[], value: T, from: number): Interval<T>[] {
  return [...intervals, { value, from, to: null }]
}

export function intervalsToCbor<T>(intervals: Interval<T>[], toCbor: (value: T) => Cbor): Cbor[] {
  return intervals.map(({ value, from, to }) => [toCbor(value), from, to])
}

export function intervalsFromCbor<T>(value: Cbor | undefined, what: string, fromCbor: (value: Cbor | undefined) => T): Interval<T>[] {
  return asArray(value, what).map((item) => {
    const [inner, from, to] = asArray(item, what, 3)
    const interval = { value: fromCbor(inner), from: asUint(from, `${what} from`), to: asNullable(to, (height) => asUint(height, `${what} to`)) }
    if (interval.to !== null && interval.to <= interval.from) throw wrongShape(what, 'from below to', item)
    return interval
  })
}
