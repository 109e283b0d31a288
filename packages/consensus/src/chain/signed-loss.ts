import { bytesToHex, equalBytes, fail } from '@telltale/core'
import type { Primitives, TelltaleError } from '@telltale/core'
import { createLedgerReader } from '@telltale/ledger'
import type { Ledger } from '@telltale/ledger'

/** How far an authority's store falls short of what it signed. */
export interface SignedLoss {
  /** Size of the log it signed last; null where even that is unknown. */
  sizeSigned: number | null
  sizeHeld: number
  expected: string
  found: string
}

/**
 * What the authority signed and the store does not hold, or null. One that decides alone has to hold all of it: its size, and at that size the same log. Among several it signs
 * what is not final yet, and the others have what it lacks: there only another log at the size that it signed is a loss.
 */
export async function findSignedLoss(ledger: Ledger, primitives: Primitives): Promise<SignedLoss | null> {
  const { signed } = ledger.store
  const { height, log } = ledger.position
  const held = { sizeHeld: log.size, found: `height ${height}, ${log.size} transactions` }
  const isLone = ledger.authorities(height + 1).length === 1
  if (!signed) return isLone ? { ...held, sizeSigned: null, expected: 'the file of what was signed' } : null
  const lost = { ...held, sizeSigned: signed.size, expected: `height ${signed.sealedHeight}, ${signed.size} transactions` }
  if (isLone && signed.sealedHeight > height) return lost
  if (signed.size > log.size) return isLone ? lost : null
  // Nothing is signed about the empty log.
  const logRoot = signed.size === 0 ? signed.logRoot : await createLedgerReader(ledger, primitives).logRoot(signed.size)
  if (equalBytes(signed.logRoot, logRoot)) return null
  return { ...lost, expected: `log root ${bytesToHex(signed.logRoot)} at ${signed.size} transactions`, found: bytesToHex(logRoot) }
}

export function signedLossError({ expected, found }: SignedLoss): TelltaleError {
  return fail('signed-state-lost', 'The store does not reach what its authority has signed. Restore the newest backup; if there is none, `telltale store repair --accept-loss` goes on and tells everybody.', { expected, found })
}
