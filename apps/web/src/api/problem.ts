import { TelltaleError } from '@telltale/core'
import type { Problem } from '../verify/verification.ts'

/** Whatever was thrown, in the terms of the error codes. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof TelltaleError)) return { code: 'internal-error', message: error instanceof Error ? error.message : String(error) }
  const { code, message, expected, found } = error
  return { code, message, ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) }
}
