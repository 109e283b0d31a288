import { setTimeout as sleep } from 'node:timers/promises'
import { TelltaleError, bytesToHex, decodeTransaction, equalBytes, fail, hexToBytes } from '@telltale/core'
import type { Judged, RecordArgs } from '@telltale/core'
import type { Client } from '@telltale/client'
import { createNodePrimitives, createOwnStreamKeys, openSealed, openUnsealed, readEntry, sealedForOthers } from '@telltale/node'
import type { HomeRecord, OpenedBody, Place, StreamEntry } from '@telltale/node'

/** Records that a node is asked for at once. */
const PAGE = 200
/** A node counts requests over ten seconds: whoever asked too often waits that long at most. */
const WAIT_MS = 1000
const WAITS_MAX = 15

/** Records `from` to `to` of a stream, both included, as a node without keys can show them: what is sealed stays closed (`unexpected-answer`, and what the node refuses). */
export function readRemoteRecords(client: Client, stream: string, from: number, to: number): AsyncGenerator<HomeRecord> {
  return read(client, stream, from, to, async ({ content, body }, isHeld) => {
    if (content.kind === 'sealed') return sealedForOthers()
    return openUnsealed(content.clear, isHeld ? await readRemoteBody(client, body.sha256) : null)
  })
}

/** The same, and what is sealed opened with the device's own secrets that lie in the directory of `place`. */
export function readOwnRecords(client: Client, place: Place, stream: string, from: number, to: number): AsyncGenerator<HomeRecord> {
  const [device = '', name = ''] = stream.split('/')
  const keys = createOwnStreamKeys(place, stream)
  return read(client, stream, from, to, async ({ content, body: reference, previous, boot }, isHeld, sequence) => {
    const body = (): Promise<Uint8Array | null> => (isHeld ? readRemoteBody(client, reference.sha256) : Promise.resolve(null))
    if (content.kind === 'open') return openUnsealed(content.clear, await body())
    const key = (await keys.recordKeys(content.epoch))?.(sequence)
    if (!key) return sealedForOthers()
    return openSealed(key, await body(), { context: { network: place.ledger.network, device, stream: name, epoch: content.epoch }, sequence, previous, boot }, place.primitives)
  })
}

/** Bytes that a record refers to; null where they went since it was listed (`unexpected-answer` where the node gives others). */
export async function readRemoteBody(client: Client, hash: Uint8Array): Promise<Uint8Array | null> {
  const { sha256 } = createNodePrimitives()
  const body = await patiently(() => client.call('getAttachment', { path: { sha256: bytesToHex(hash) } })).catch(goneIsNull)
  if (!body) return null
  if (!equalBytes(sha256(body), hash)) throw fail('unexpected-answer', 'The node gave another body than the record refers to.', { expected: bytesToHex(hash), found: bytesToHex(sha256(body)) })
  return body
}

/** The same without readings: what tells when something was observed is in the record itself. */
export function readRemoteTimes(client: Client, stream: string, from: number, to: number): AsyncGenerator<HomeRecord> {
  return read(client, stream, from, to, ({ content }, isHeld) => Promise.resolve(content.kind === 'open' && isHeld ? { ok: true, value: { clear: content.clear, readings: [] } } : sealedForOthers()))
}

async function* read(client: Client, stream: string, from: number, to: number, open: (record: RecordArgs, isHeld: boolean, sequence: number) => Promise<Judged<OpenedBody>>): AsyncGenerator<HomeRecord> {
  const [device = '', name = ''] = stream.split('/')
  for (let next = from; next <= to; ) {
    const { records } = await patiently(() => client.call('listRecords', { path: { device, name }, query: { from: next, limit: Math.min(PAGE, to - next + 1) } }))
    if (records.length === 0) throw fail('unexpected-answer', `The node lists no record ${next} of ${name}, which it has.`, { expected: `record ${next}`, found: 'none' })
    for (const { transaction, height, blockTimeMs, isBodyHeld } of records) {
      const entry = { bytes: hexToBytes(transaction), sequence: next, height, timeMs: blockTimeMs }
      requirePlace(entry, device, name)
      yield readEntry(entry, (record) => open(record, isBodyHeld, entry.sequence))
      next += 1
    }
  }
}

function requirePlace({ bytes, sequence }: StreamEntry, device: string, name: string): void {
  const { iss, sub, sequence: found } = decodeTransaction(bytes)
  if (iss === device && sub === name && found === sequence) return
  throw fail('unexpected-answer', 'The node gave another record than it was asked for.', { expected: `record ${sequence} of ${device}/${name}`, found: `${found} of ${iss}/${sub}` })
}

function goneIsNull(error: unknown): null {
  if (error instanceof TelltaleError && error.code === 'no-such-attachment') return null
  throw error
}

/** Asks again where the node wants to be asked more slowly. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let waits = 0; ; waits++) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof TelltaleError && error.code === 'too-many-requests') || waits === WAITS_MAX) throw error
      await sleep(WAIT_MS)
    }
  }
}
