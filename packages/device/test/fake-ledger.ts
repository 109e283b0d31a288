import { NO_PREVIOUS, RefusedError, asArray, asBytes, bodyToReadings, bytesToHex, createRecordKeys, decode, decodeTransaction, epochRoot, equalBytes, fail, isName, isValidSignature, openRecord, portable, recordArgsFromCbor, signRefusal, transactionId, transactionSignatureInput } from '@telltale/core'
import type { Transaction } from '@telltale/core'
import type { Submitter } from '../src/components.ts'
import { AUTHORITY, DEVICE, NETWORK } from './people.ts'
import type { Contact } from './people.ts'

/** A ledger as far as one device can see it: its rules for records and counters, and refusals signed by its authority. */
export interface FakeLedger {
  submitter(contact: Contact): Submitter
  /** Transactions of a stream, or of what else the device speaks about. */
  said(sub: string): Transaction[]
  /** Values of the readings of a stream's records, opened with these secrets (`stream epoch`), or in the open. */
  values(stream: string, secrets: Map<string, Uint8Array>): number[]
  attachment(sha256: Uint8Array): Uint8Array | null
  /** Ids of everything that was ever submitted for a place of a stream. */
  idsAt(stream: string, sequence: number): number
  /** Refuses every transaction with this code from now on, for good or for the moment; null accepts again. */
  refuse(code: string | null, isPermanent?: boolean): void
  /** Takes back the last records of a stream, as a network that lost them. */
  lose(stream: string, count: number): void
}

const CALL_RECORD = 16
const CALL_RESUME = 17
/** What the real ledger calls permanent, among what this one can say. */
const PERMANENT = ['sequence-taken', 'previous-mismatch', 'wrong-epoch', 'unknown-stream', 'role-not-in-force']

export function createFakeLedger(streams: string[]): FakeLedger {
  const said = new Map<string, Transaction[]>(streams.map((stream) => [stream, []]))
  const attachments = new Map<string, Uint8Array>()
  const seen = new Map<string, Set<string>>()
  let forced: { code: string; isPermanent: boolean } | null = null
  const listOf = (sub: string): Transaction[] => said.get(sub) ?? []
  const idOf = (transaction: Transaction): string => bytesToHex(transactionId(transaction, portable))
  const epochOf = (stream: string): number => Math.max(0, ...listOf(stream).filter((item) => item.call === CALL_RECORD).map((item) => epochIn(item) ?? 0))
  const headOf = (stream: string): Uint8Array => {
    const last = listOf(stream).at(-1)
    return last ? transactionId(last, portable) : NO_PREVIOUS
  }

  const judge = (transaction: Transaction): string | null => {
    const { sub, sequence, call, args } = transaction
    const list = listOf(sub)
    if (forced) return forced.code
    if (sequence > list.length) return 'gap'
    if (sequence < list.length) return list.some((item) => idOf(item) === idOf(transaction)) ? 'already-included' : 'sequence-taken'
    if (!isName(sub)) return null
    if (!said.has(sub)) return 'unknown-stream'
    const previous = call === CALL_RESUME ? asBytes(args[0], 'previous') : recordArgsFromCbor(args).previous
    if (!equalBytes(previous, headOf(sub))) return 'previous-mismatch'
    const epoch = call === CALL_RECORD ? epochIn(transaction) : null
    return epoch === null || epoch === epochOf(sub) || epoch === epochOf(sub) + 1 ? null : 'wrong-epoch'
  }

  const submit = async ({ bytes, attachments: carried }: { bytes: Uint8Array; attachments: Uint8Array[] }): Promise<void> => {
    const transaction = decodeTransaction(bytes)
    const { sub, sequence, call } = transaction
    const ids = seen.get(`${sub} ${sequence}`) ?? new Set()
    seen.set(`${sub} ${sequence}`, ids.add(idOf(transaction)))
    // Judged at once, so that the order of submissions counts, as it does in a node.
    const code = judge(transaction)
    const isPermanent = forced?.isPermanent ?? PERMANENT.includes(code ?? '')
    if (code === null) {
      said.set(sub, [...listOf(sub), transaction])
      for (const attachment of carried) attachments.set(bytesToHex(portable.sha256(attachment)), attachment)
    }
    const isValid = await isValidSignature({ key: DEVICE.signer.publicKey, message: transactionSignatureInput(transaction), signature: transaction.signature }, portable)
    if (!isValid) throw fail('invalid-signature', 'The test made a wrong signature.')
    if (code === null) return
    const error = fail(code, `Refused: ${code}, call ${call}.`)
    if (!isPermanent) throw error
    throw new RefusedError(error, await signRefusal(NETWORK, { authority: AUTHORITY.address, id: transactionId(transaction, portable), code, isPermanent: true, expected: null, found: null, size: 1, timeMs: 1 }, AUTHORITY.signer))
  }

  return {
    said: listOf,
    attachment: (sha256) => attachments.get(bytesToHex(sha256)) ?? null,
    idsAt: (stream, sequence) => seen.get(`${stream} ${sequence}`)?.size ?? 0,
    refuse: (code, isPermanent = false) => void (forced = code === null ? null : { code, isPermanent }),
    lose: (stream, count) => void said.set(stream, listOf(stream).slice(0, -count)),
    submitter: (contact) => ({
      submit: (submission) => contact('submit', () => submit(submission)),
      streamHead: (_, stream) => contact('stream head', () => (said.has(stream) ? { count: listOf(stream).length, head: headOf(stream), epoch: epochOf(stream) } : null)),
      recordAt: (_, stream, sequence) => contact('record at', () => listOf(stream)[sequence]?.bytes ?? null),
      counter: (_, sub) => contact('counter', () => listOf(sub).length),
    }),
    values(stream, secrets) {
      return listOf(stream).flatMap((transaction) => {
        if (transaction.call !== CALL_RECORD) return []
        const record = recordArgsFromCbor(transaction.args)
        const body = attachments.get(bytesToHex(record.body.sha256)) as Uint8Array
        if (record.content.kind === 'open') return bodyToReadings(decode(body), record.content.clear).map((item) => item.value as number)
        const context = { network: NETWORK, device: DEVICE.address, stream, epoch: record.content.epoch }
        const secret = secrets.get(`${stream} ${context.epoch}`)
        if (!secret) return []
        const key = createRecordKeys([epochRoot(context, secret, portable)], portable)(transaction.sequence) as Uint8Array
        const opened = openRecord(key, { context, sequence: transaction.sequence, previous: record.previous, boot: record.boot }, body, portable)
        if (!opened.ok) throw fail(opened.verdict.code, opened.verdict.message)
        return bodyToReadings(opened.value.readings, opened.value.clear).map((item) => item.value as number)
      })
    },
  }
}

/** Epoch of a record, null where it is open. */
export function epochIn(transaction: Transaction): number | null {
  const { content } = recordArgsFromCbor(asArray(transaction.args, 'record'))
  return content.kind === 'sealed' ? content.epoch : null
}
