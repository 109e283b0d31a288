import { bytesToMapKey, decode } from '@telltale/core'
import { encodeStateKey, splitStreamName, streamKey, streamRowFromCbor } from '@telltale/ledger'
import { decodeCertificate } from './certificate.ts'

/** Records of a stream, first to last, both included, and how many the stream has. */
interface CarriedRange {
  stream: string
  from: number
  to: number
  count: number
}

/** Which records a certificate carries, by its own word: nothing is verified (the codes of `decodeCertificate`). */
export function carriedRanges(certificate: Uint8Array): CarriedRange[] {
  const { records, state } = decodeCertificate(certificate)
  const rows = new Map(state.map(({ key, value }) => [bytesToMapKey(key), value]))
  return records.map(({ stream, from, transactions }) => {
    const { device, name } = splitStreamName(stream) as { device: string; name: string }
    const row = rows.get(bytesToMapKey(encodeStateKey(streamKey(device, name)))) as Uint8Array
    return { stream, from, to: from + transactions.length - 1, count: streamRowFromCbor(decode(row)).count }
  })
}
