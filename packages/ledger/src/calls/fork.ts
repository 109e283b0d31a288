import { asArray, asBytes, bytesToHex, compareBytes, decodeTransaction, equalBytes, transactionId, transactionSignatureInput } from '@telltale/core'
import type { Cbor, Primitives, PublicKey, SignatureCheck, Transaction, Verdict } from '@telltale/core'
import { isActive } from '../authority.ts'
import { refuse } from '../call.ts'
import type { Call } from '../call.ts'
import { splitStreamName } from '../state/key.ts'
import type { IdentityRow } from '../state/rows.ts'
import { judgeNote, keepNote } from './note.ts'

/** Two different transactions that a device signed for one place of a stream, ids ascending. */
export interface Fork {
  one: Transaction
  other: Transaction
}

/** Who is accused, of what: the stream as `address/name`, the first 16 bytes of the network id, and the device's entry. */
export interface ForkPlace {
  stream: string
  network: Uint8Array
  device: IdentityRow | null
}

const CALL_RECORD = 16
const CALL_RESUME = 17

/** [bytes, bytes] (`wrong-shape` and the codes of `decodeTransaction`). */
export function readFork(args: Cbor[]): Fork {
  const [one, other] = asArray(args, 'fork', 2)
  return { one: decodeTransaction(asBytes(one, 'fork')), other: decodeTransaction(asBytes(other, 'fork')) }
}

/**
 * Whether these two are a fork of the stream, signatures apart: the ledger and whoever verifies a certificate judge alike. Codes: `not-a-fork`, `wrong-network`,
 * `unknown-key`.
 */
export function judgeFork({ one, other }: Fork, { stream, network, device }: ForkPlace, primitives: Primitives): Verdict | null {
  for (const transaction of [one, other]) {
    const place = `${transaction.iss}/${transaction.sub}`
    if (place !== stream) return refuse('not-a-fork', 'A transaction belongs to another stream.', stream, place)
    if (!equalBytes(transaction.network, network)) return refuse('wrong-network', 'A transaction belongs to another network.', bytesToHex(network), bytesToHex(transaction.network))
    if (transaction.call !== CALL_RECORD && transaction.call !== CALL_RESUME) return refuse('not-a-fork', 'A transaction stands at no place of a stream.', 'a record (16) or resume (17)', String(transaction.call))
    if (!keyEverHeld(device, transaction)) return refuse('unknown-key', `${transaction.iss} never held such a key ${transaction.keyNumber}.`, 'a key of the device', `key ${transaction.keyNumber}, ${transaction.algorithm}`)
  }
  if (one.sequence !== other.sequence) return refuse('not-a-fork', 'The transactions stand at different places.', String(one.sequence), String(other.sequence))
  if (compareBytes(transactionId(one, primitives), transactionId(other, primitives)) < 0) return null
  return refuse('not-a-fork', 'The transactions are the same, or not in ascending order of id.', 'two ids in ascending order')
}

/** The device's two signatures, of those that name a key of its own. */
export function forkSignatures({ one, other }: Fork, device: IdentityRow | null): SignatureCheck[] {
  return [one, other].flatMap((transaction) => {
    const key = keyEverHeld(device, transaction)
    return key ? [{ key, message: transactionSignatureInput(transaction), signature: transaction.signature }] : []
  })
}

/** A fork may have been signed with a key that was rotated since: any key that it ever held counts. */
function keyEverHeld(device: IdentityRow | null, { keyNumber, algorithm }: Transaction): PublicKey | null {
  const key = device?.keys.find((interval) => interval.value.number === keyNumber)?.value.key
  return key?.algorithm === algorithm ? key : null
}

/** 26 fork: anyone who holds a role shows what a device signed twice. */
export function createFork(primitives: Primitives): Call<Fork> {
  return {
    number: 26,
    name: 'fork',
    read: readFork,
    signatures: (context, fork) => forkSignatures(fork, context.state.identity(fork.one.iss)),
    judge(context, fork) {
      const verdict = judgeNote(context)
      if (verdict) return verdict
      const { iss, sub, network } = context.transaction
      if (!isActive(context, iss)) return refuse('role-not-in-force', `${iss} holds no role.`, 'an admitted identity', iss)
      const { device } = splitStreamName(sub) as { device: string }
      return judgeFork(fork, { stream: sub, network, device: context.state.identity(device) }, primitives)
    },
    apply: (context, { one }) => keepNote(context, one.sequence, one.sequence),
  }
}
