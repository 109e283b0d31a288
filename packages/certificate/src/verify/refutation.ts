import { fail } from '@telltale/core'
import type { TelltaleError } from '@telltale/core'

/** A check that failed; the stage that ran it knows which lamp it turns red. */
export function refute(code: string, message: string, expected?: string, found?: string): TelltaleError {
  return fail(code, message, { ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) })
}
