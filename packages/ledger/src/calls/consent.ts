import { asArray, asBytes, asNullable, asUint, statementCheck } from '@telltale/core'
import type { Cbor, SignatureCheck, StatementSignature } from '@telltale/core'
import { keyInForce } from '../authority.ts'
import type { CallContext } from '../call.ts'

/** [key number, signature] of the second party. */
export function readConsent(value: Cbor | undefined): StatementSignature {
  const [keyNumber, signature] = asArray(value, 'consent', 2)
  return { keyNumber: asUint(keyNumber, 'consent key number', 255), signature: asBytes(signature, 'consent signature') }
}

export function readOptionalConsent(value: Cbor | undefined): StatementSignature | null {
  return asNullable(value, readConsent)
}

/** What the second party signs: the call, who sends it about what, and the arguments before the consent itself. */
export function consentFields(call: number, iss: string, sub: string, argsBefore: Cbor[]): Cbor[] {
  return [call, iss, sub, ...argsBefore]
}

/** The check of a consent by `party`; none where the party has no such key (which `judge` refuses). */
export function consentChecks(context: CallContext, party: string, consent: StatementSignature | null): SignatureCheck[] {
  const key = consent && keyInForce(context.state.identity(party), consent.keyNumber, context.height)
  if (!consent || !key) return []
  const { call, iss, sub, args } = context.transaction
  return [statementCheck('consent', context.network, consentFields(call, iss, sub, args.slice(0, -1)), key, consent)]
}

/** Whether the consent names a key that `party` may sign with now; its signature is checked apart. */
export function isConsentPossible(context: CallContext, party: string, consent: StatementSignature | null): boolean {
  return consent !== null && keyInForce(context.state.identity(party), consent.keyNumber, context.height) !== null
}
