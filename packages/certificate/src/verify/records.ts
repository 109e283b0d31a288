import { NO_PREVIOUS, bytesToHex, decodeTransaction, encode, equalBytes, leafHash, recordArgsFromCbor, recordLeaf, rootFromRange, transactionId, transactionSignatureInput } from '@telltale/core'
import type { Primitives, PublicKey, RecordArgs, Transaction } from '@telltale/core'
import { hasRole, isInForce, readResume, rolesInForce, splitStreamName } from '@telltale/ledger'
import type { IdentityRow, RoleName, StreamRow } from '@telltale/ledger'
import type { CarriedRecords, CarriedTransaction, Certificate } from '../certificate.ts'
import { refute } from './refutation.ts'
import type { RequiredSignature } from './signatures.ts'
import type { ProvedState } from './state.ts'

const CALL_RECORD = 16
const CALL_RESUME = 17

/** A record or resume that is carried, read. `record` is null for a resume. */
export interface ReadRecord {
  sequence: number
  height: number
  timeMs: number
  id: Uint8Array
  transaction: Transaction
  previous: Uint8Array
  record: RecordArgs | null
}

/** Records of one stream, in their order. */
export interface ReadStream {
  stream: string
  device: string
  row: StreamRow
  carried: CarriedRecords
  records: ReadRecord[]
}

/** Reads what is carried of each stream; streams ascend and are those of the asset. The map is in their order. */
export function readStreams(certificate: Certificate, state: ProvedState, primitives: Primitives): Map<string, ReadStream> {
  const streams = new Map<string, ReadStream>()
  let previous: string | null = null
  for (const carried of certificate.records) {
    if (previous !== null && previous >= carried.stream) throw refute('unsorted', 'Streams are out of order or doubled.', 'ascending names', carried.stream)
    previous = carried.stream
    const row = state.streams.get(carried.stream)
    if (!row) throw refute('other-stream', `Records are carried of ${carried.stream}, which is not a stream of this asset.`)
    const { device } = splitStreamName(carried.stream) as { device: string }
    const records = carried.transactions.map((item, i) => readRecord(item, carried.from + i, primitives))
    streams.set(carried.stream, { stream: carried.stream, device, row, carried, records })
  }
  return streams
}

function readRecord({ height, timeMs, bytes }: CarriedTransaction, sequence: number, primitives: Primitives): ReadRecord {
  const transaction = decodeTransaction(bytes)
  const { call, args } = transaction
  if (call !== CALL_RECORD && call !== CALL_RESUME) throw refute('not-a-record', 'A transaction among the records is none.', 'call 16 or 17', String(call))
  const record = call === CALL_RECORD ? recordArgsFromCbor(args) : null
  const { previous } = record ?? readResume(args)
  return { sequence, height, timeMs, id: transactionId(transaction, primitives), transaction, previous, record }
}

/** None missing and none added: the carried leaves lead to the record root that was certified, under its count. */
export function requireComplete(streams: Map<string, ReadStream>, primitives: Primitives): void {
  for (const { stream, row, carried, records } of streams.values()) {
    const leaves = records.map(({ height, timeMs, id }) => leafHash(encode(recordLeaf(height, timeMs, id)), primitives.sha256))
    const root = rootFromRange(leaves, carried.from, row.count, carried.rangeProof, primitives.sha256)
    if (!root || !equalBytes(root, row.recordRoot)) {
      throw refute('records-missing', `The records of ${stream} are not the ones that the ledger holds there: one is missing, added or changed.`, bytesToHex(row.recordRoot), root ? bytesToHex(root) : 'a proof of another shape')
    }
  }
}

/** Every record: its place, its link to the one before it, and the device's signature with a key and role in force, which is left to whoever asks. */
export function* requireRecords(streams: Map<string, ReadStream>, certificate: Certificate, state: ProvedState): Generator<RequiredSignature> {
  for (const { stream, device, row, records } of streams.values()) {
    const identity = state.identities.get(device) as IdentityRow
    if (row.asset !== state.assetId) throw refute('other-asset', `${stream} belongs to another asset.`, state.assetId, row.asset)
    let previous = records[0]?.sequence === 0 ? NO_PREVIOUS : null
    for (const item of records) {
      const { transaction, sequence } = item
      requirePlace(transaction, stream, certificate.network)
      if (transaction.sequence !== sequence) throw refute('wrong-sequence', `A record of ${stream} was signed for another place.`, String(sequence), String(transaction.sequence))
      if (previous && !equalBytes(previous, item.previous)) throw refute('previous-mismatch', `Record ${sequence} of ${stream} does not follow the one before it.`, bytesToHex(previous), bytesToHex(item.previous))
      yield requireAuthor(item, identity, { name: 'device', scope: state.assetId })
      previous = item.id
    }
  }
}

/** A transaction of a device belongs to this stream of this network. */
function requirePlace(transaction: Transaction, stream: string, network: Uint8Array): void {
  const place = `${transaction.iss}/${transaction.sub}`
  if (place !== stream) throw refute('other-stream', 'A record was signed for another stream.', stream, place)
  requireThisNetwork(transaction, network)
}

export function requireThisNetwork(transaction: Transaction, network: Uint8Array): void {
  const expected = network.subarray(0, 16)
  if (!equalBytes(transaction.network, expected)) throw refute('other-network', 'A transaction was signed for another network.', bytesToHex(expected), bytesToHex(transaction.network))
}

/** A key and a role (or any at all) that held at the transaction's height, the role unexpired at its block time; what is left is the signature itself. */
export function requireAuthor({ transaction, height, timeMs }: Pick<ReadRecord, 'height' | 'timeMs' | 'transaction'>, identity: IdentityRow, role: { name: RoleName; scope: string } | 'any'): RequiredSignature {
  const key = identity.keys.find((interval) => interval.value.number === transaction.keyNumber && isInForce(interval, height))?.value.key
  if (!key || key.algorithm !== transaction.algorithm) throw refute('key-not-in-force', `Key ${transaction.keyNumber} of ${transaction.iss} was not in force at height ${height}.`, 'a key in force', `key ${transaction.keyNumber}`)
  if (role === 'any') {
    if (rolesInForce(identity.roles, height, timeMs).length === 0) throw refute('role-not-in-force', `${transaction.iss} held no role at height ${height}.`, 'a role in force')
  } else if (!hasRole(identity.roles, role.name, height, timeMs, role.scope)) throw refute('role-not-in-force', `${transaction.iss} did not hold the role ${role.name} at height ${height}.`, `${role.name} for ${role.scope}`)
  return requireSignedBy(key, transaction)
}

/** The signature itself, with a key of the algorithm that it names. */
function requireSignedBy(key: PublicKey, transaction: Transaction): RequiredSignature {
  return {
    check: { key, message: transactionSignatureInput(transaction), signature: transaction.signature },
    refusal: () => refute('invalid-signature', `A signature of ${transaction.iss} does not hold.`, 'a valid signature'),
  }
}
