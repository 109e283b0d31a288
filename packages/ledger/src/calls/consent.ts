import { asArray, asBytes, asNullable, asUint, consentFields, statementCheck } from '@telltale/core'
import type { Cbor, SignatureCheck, StatementSignature, Verdict } from '@telltale/core'
import { keyInForce } from '../authority.ts'
import { refuse } from '../call.ts'
import type { CallContext } from '../call.ts'

/** [key number, signature] of the second party. */
export function readConsent(value: Cbor | undefined): StatementSignature {
  const [keyNumber, signature] = asArray(value, 'consent', 2)
  return { keyNumber: asUint(keyNumber, 'consent key number', 255), signature: asBytes(signature, 'consent signature') }
}

export function readOptionalConsent(value: Cbor | undefined): StatementSignature | null {
  return asNullable(value, readConsent)
}

/** The check of a consent by `party`; none where the party has no such key (which `judge` refuses). */
export function consentChecks(context: CallContext, party: string, consent: StatementSignature | null): SignatureCheck[] {
  const key = consent && keyInForce(context.state.identity(party), consent.keyNumber, context.height)
  if (!consent || !key) return []
  const { transaction } = context
  return [statementCheck('consent', context.network, consentFields(transaction, transaction.args.slice(0, -1)), key, consent)]
}

/** Whoever acts alone carries nobody's consent: it would stand in the log for ever and be checked by nobody. */
export function judgeAlone(consent: StatementSignature | null): Verdict | null {
  return consent === null ? null : refuse('surplus-consent', 'The sender needs no consent here.', 'no consent (null)', 'a consent')
}

/** Whether the consent names a key that `party` may sign with now; its signature is checked apart. */
export function isConsentPossible(context: CallContext, party: string, consent: StatementSignature | null): boolean {
  return consent !== null && keyInForce(context.state.identity(party), consent.keyNumber, context.height) !== null
}
