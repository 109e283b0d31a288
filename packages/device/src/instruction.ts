import { STREAM_RECORDS_MAX, checkX25519Key, consentFields, fail, isValidSignature, statementCheck } from '@telltale/core'
import type { Cbor, Primitives, StatementSignature } from '@telltale/core'
import { notTheOwner } from './owner.ts'
import type { OwnerKey } from './owner.ts'

/** Let somebody read `from` to `to` (null: for as long as it goes on) of a stream. The owner names the very key: a device cannot look it up safely. */
export interface GrantInstruction {
  kind: 'grant'
  stream: string
  epoch: number
  reader: string
  sealKeyNumber: number
  /** The reader's X25519 key, 32 bytes. */
  sealKey: Uint8Array
  from: number
  to: number | null
  /** How long nodes keep the grant. */
  days: number
}

/** Begin a new epoch that this reader, or with null everybody, is left out of. */
export interface RevokeInstruction {
  kind: 'revoke'
  stream: string
  epoch: number
  reader: string | null
}

/** Forget the records `from` to `to` of an epoch; null means up to its end. */
export interface ForgetInstruction {
  kind: 'forget'
  stream: string
  epoch: number
  from: number
  to: number | null
}

export type Instruction = GrantInstruction | RevokeInstruction | ForgetInstruction

const CALL_GRANT = 18
const CALL_FORGET = 19
/** As long as call 18 can say: a century. */
const DAYS_MAX = 36_525

/**
 * What an owner signs to command a device: the fields of a statement of type `consent` (formats: "Keys and signatures").
 *
 *     grant    [18, device, device, null, "grant", stream, epoch, reader, seal key number, seal key (32), [from, to / null], days]
 *     revoke   [18, device, device, null, "revoke", stream, epoch, reader / null]
 *     forget   [19, device, device, null, stream, epoch, [from, to / null]]          ; the consent that call 19 itself carries
 *
 * Call 18 has no consent in the ledger, so none of these can be taken for another. In a grant or revocation `epoch` is the one that the next record will belong
 * to: every revocation, transfer and forgotten epoch begins a new one, so that an instruction from before cannot be used again, even on a device that lost its
 * state (the ledger knows the epoch). What is forgotten stays so: repeating it changes nothing.
 */
export function instructionFields(device: string, instruction: Instruction): Cbor[] {
  const { kind, stream, epoch } = instruction
  const fields = (call: number, args: Cbor[]): Cbor[] => consentFields({ call, iss: device, sub: device, sequence: null }, args)
  switch (kind) {
    case 'grant':
      return fields(CALL_GRANT, [kind, stream, epoch, instruction.reader, instruction.sealKeyNumber, instruction.sealKey, [instruction.from, instruction.to], instruction.days])
    case 'revoke':
      return fields(CALL_GRANT, [kind, stream, epoch, instruction.reader])
    case 'forget':
      return fields(CALL_FORGET, [stream, epoch, [instruction.from, instruction.to]])
  }
}

/** Refuses an instruction that the ledger could not take (`wrong-shape`, `weak-key`) or that the owner did not sign (`not-the-owner`). */
export async function requireInstruction(owner: OwnerKey, place: { network: Uint8Array; device: string }, instruction: Instruction, consent: StatementSignature, primitives: Primitives): Promise<void> {
  requireForm(instruction)
  const check = statementCheck('consent', place.network, instructionFields(place.device, instruction), owner.key, consent)
  if (consent.keyNumber === owner.keyNumber && (await isValidSignature(check, primitives))) return
  throw notTheOwner(owner, `a signature with key ${consent.keyNumber} that does not hold`)
}

function requireForm(instruction: Instruction): void {
  if (instruction.kind === 'revoke') return
  const { from, to } = instruction
  if (!isRecordNumber(from) || (to !== null && (!isRecordNumber(to) || to < from))) {
    throw fail('wrong-shape', `${from} to ${to ?? 'the end'} is no range of records.`, { expected: `record numbers below ${STREAM_RECORDS_MAX}, the first at or below the last`, found: `${from} to ${to ?? 'the end'}` })
  }
  if (instruction.kind === 'forget') return
  checkX25519Key(instruction.sealKey)
  if (!Number.isInteger(instruction.days) || instruction.days < 0 || instruction.days > DAYS_MAX) throw fail('wrong-shape', `A grant cannot be kept for ${instruction.days} days.`, { expected: `0 to ${DAYS_MAX} days`, found: String(instruction.days) })
}

function isRecordNumber(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number < STREAM_RECORDS_MAX
}
