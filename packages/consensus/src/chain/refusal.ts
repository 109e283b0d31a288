import { RefusedError, bytesToMapKey, decodeRefusal, isValidSignature, judge, signRefusal, verdictToError } from '@telltale/core'
import type { Primitives, Signer, TelltaleError, Verdict } from '@telltale/core'
import { identityKey, isPermanentRefusal } from '@telltale/ledger'
import type { IdentityRow, Ledger, ReadTransaction } from '@telltale/ledger'

/** Refusals remembered, so that whoever asks again is told the same; about 400 bytes each. */
const REMEMBERED_MAX = 10_000
/** Refusals of one device kept on disk a run: a device gone wrong must not fill it. Beyond that they are signed and not kept. */
const KEPT_PER_DEVICE_MAX = 1024

/** Refusals kept on disk, of all runs together: 20 MB. */
const KEPT_MAX = 50_000

/** What senders are told whose transaction is refused. */
export interface Refusals {
  /**
   * The error for a sender. Where a device signed the transaction and sending it again can never help, it carries a signed refusal, so that the device may
   * take it out of its outbox. `isChecked` tells that the sender's own signature was found valid; otherwise it is checked first.
   */
  answer(read: ReadTransaction, verdict: Verdict, isChecked: boolean): Promise<TelltaleError>
}

/** Whether an authority signs that this transaction is refused: only for a device, which has an outbox, and never for somebody who uses its name. */
export async function maySignRefusal({ ledger, primitives }: Pick<RefusalComponents, 'ledger' | 'primitives'>, read: ReadTransaction, { code }: Pick<Verdict, 'code'>, isChecked: boolean): Promise<boolean> {
  // What stands in the ledger was taken, whatever became of its key or its sender since.
  if (!isPermanentRefusal(code) || ledger.position.has(read.id)) return false
  const sender = ledger.position.state.row(identityKey(read.transaction.iss)) as IdentityRow | null
  if (!sender || !wasDevice(sender)) return false
  if (code === 'key-not-in-force' && !isKeyEnded(sender, read)) return false
  return isChecked || isSignedBy(sender, read, primitives)
}

interface RefusalComponents {
  ledger: Ledger
  signer: Signer
  /** Address of the authority that refuses. */
  address: string
  primitives: Primitives
  clock: { nowMs(): number }
}

export async function createRefusals({ ledger, signer, address, primitives, clock }: RefusalComponents): Promise<Refusals> {
  const { store, network } = ledger
  const remembered = new Map<string, Uint8Array>()
  const keptByDevice = new Map<string, number>()
  let keptCount = 0
  const remember = (id: Uint8Array, refusal: Uint8Array): void => {
    remembered.set(bytesToMapKey(id), refusal)
    if (remembered.size > REMEMBERED_MAX) remembered.delete(remembered.keys().next().value as string)
  }
  for await (const bytes of store.kept('refusal')) {
    keptCount += 1
    // They can be made again, so one that cannot be read is no reason not to start.
    const read = judge(() => decodeRefusal(bytes))
    if (read.ok) remember(read.value.id, bytes)
  }

  const sign = async ({ id, transaction }: ReadTransaction, { code, expected, found }: Verdict): Promise<Uint8Array> => {
    const refusal = await signRefusal(network, { authority: address, id, code, isPermanent: true, expected: expected ?? null, found: found ?? null, size: ledger.position.log.size, timeMs: clock.nowMs() }, signer)
    remember(id, refusal)
    const kept = keptByDevice.get(transaction.iss) ?? 0
    if (kept < KEPT_PER_DEVICE_MAX && keptCount < KEPT_MAX) {
      keptCount += 1
      keptByDevice.set(transaction.iss, kept + 1)
      await store.keep('refusal', refusal)
    }
    return refusal
  }

  return {
    async answer(read, verdict, isChecked) {
      const error = verdictToError(verdict)
      if (!(await maySignRefusal({ ledger, primitives }, read, verdict, isChecked))) return error
      return new RefusedError(error, remembered.get(bytesToMapKey(read.id)) ?? (await sign(read, verdict)))
    },
  }
}

function wasDevice(identity: IdentityRow): boolean {
  return identity.roles.some((interval) => interval.value.name === 'device')
}

/** A key that ended never comes back; one that was registered in the newest block holds from the next on. */
function isKeyEnded(identity: IdentityRow, { transaction }: ReadTransaction): boolean {
  return identity.keys.some((interval) => interval.value.number === transaction.keyNumber && interval.to !== null)
}

/** Whether the sender's own signature holds under the key that it ever held under this number. */
async function isSignedBy(identity: IdentityRow, { transaction, signatureInput }: ReadTransaction, primitives: Primitives): Promise<boolean> {
  const key = identity.keys.find((interval) => interval.value.number === transaction.keyNumber)?.value.key
  if (!key || key.algorithm !== transaction.algorithm) return false
  return isValidSignature({ key, message: signatureInput, signature: transaction.signature }, primitives)
}
