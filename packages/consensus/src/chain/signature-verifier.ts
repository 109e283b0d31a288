import { isValidSignature } from '@telltale/core'
import type { Primitives, SignatureCheck } from '@telltale/core'

/** Checks the signatures of many transactions; answers come in the order of the calls, so that a device's sequence survives. */
export interface SignatureVerifier {
  /** Whether every one of a transaction's signatures holds. */
  verify(checks: SignatureCheck[]): boolean | Promise<boolean>
}

/** Checks on the thread that asks. Good for few; a node plugs in workers. */
export function createInlineVerifier(primitives: Primitives): SignatureVerifier {
  return {
    async verify(checks) {
      for (const check of checks) if (!(await isValidSignature(check, primitives))) return false
      return true
    },
  }
}
