import { isDeepStrictEqual } from 'node:util'
import type { Verification } from '../../src/verify/report.ts'

/** Whether everything that one file says is said by the other too, of the same car and at the same head: then it only says less. */
export function isWithin(less: Verification, more: Verification): boolean {
  const isEqual = isDeepStrictEqual
  return (
    isEqual([less.network, less.asset, { ...less.head, timeSeconds: 0 }], [more.network, more.asset, { ...more.head, timeSeconds: 0 }]) &&
    less.opened.every((record) => more.opened.some((other) => isEqual(record, other))) &&
    less.streams.every(({ stream, count, from, to, resumes }) => more.streams.some((other) => other.stream === stream && other.count === count && other.resumes === resumes && other.from <= from && to <= other.to)) &&
    less.notes.every((note) => more.notes.some((other) => isEqual(note, other)))
  )
}
