import assert from 'node:assert/strict'
import { TelltaleError } from '../src/errors.ts'

/** The code with which something is refused; anything but a coded error is a bug of ours and fails the test. */
export function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof TelltaleError, `expected a coded error, found ${String(error)}`)
    return error.code
  }
  return 'accepted'
}
