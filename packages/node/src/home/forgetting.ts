import { bytesToMapKey, decodeTransaction, recordArgsFromCbor } from '@telltale/core'
import { grantsOf } from './grants.ts'
import type { Home } from './home.ts'
import { streamHeadOf } from './records.ts'

/** A range of one epoch of a stream that is forgotten. */
export interface ForgottenRange {
  device: string
  stream: string
  epoch: number
  from: number
  /** Null for the rest of the epoch. */
  to: number | null
}

/** What was dropped: bodies of records, and grants whose whole range is forgotten. */
export interface Dropped {
  bodies: number
  grants: number
}

const CALL_RECORD = 16
/** Records read from the ledger at a time. */
const PAGE = 256

/**
 * Drops from the store what a certified forget names. Bodies that a record elsewhere in the stream has in common (open ones may) stay; the log and every proof
 * stay valid. May be repeated.
 */
export async function dropForgotten(home: Home, range: ForgottenRange): Promise<Dropped> {
  const { store } = home.ledger
  const forgotten = new Map<string, Uint8Array>()
  const kept = new Set<string>()
  for await (const { sequence, epoch, body } of bodiesOf(home, range)) {
    const isForgotten = epoch === range.epoch && sequence >= range.from && (range.to === null || sequence <= range.to)
    if (isForgotten) forgotten.set(bytesToMapKey(body), body)
    else kept.add(bytesToMapKey(body))
  }
  const bodies = [...forgotten].filter(([key, body]) => !kept.has(key) && store.hasAttachment(body)).map(([, body]) => body)
  const grants = (await grantsOf(home, range.device))
    .filter((grant) => grant.stream === range.stream && grant.epoch === range.epoch && grant.from >= range.from && (range.to === null || (grant.to !== null && grant.to <= range.to)))
    .map((grant) => grant.attachment.sha256)
    .filter((sha256) => store.hasAttachment(sha256))
  await Promise.all([...bodies, ...grants].map((sha256) => store.dropAttachment(sha256)))
  return { bodies: bodies.length, grants: grants.length }
}

async function* bodiesOf(home: Home, { device, stream }: ForgottenRange): AsyncGenerator<{ sequence: number; epoch: number; body: Uint8Array }> {
  const count = streamHeadOf(home, device, stream)?.count ?? 0
  for (let page = 0; page < count; page += PAGE) {
    const entries = await home.reader.entries('records', `${device}/${stream}`, page, Math.min(page + PAGE, count))
    for (const [i, { bytes }] of entries.entries()) {
      const { call, args } = decodeTransaction(bytes)
      if (call !== CALL_RECORD) continue
      const { content, body } = recordArgsFromCbor(args)
      yield { sequence: page + i, epoch: content.kind === 'sealed' ? content.epoch : 0, body: body.sha256 }
    }
  }
}
