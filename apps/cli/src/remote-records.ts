import { setTimeout as sleep } from 'node:timers/promises'
import { TelltaleError, bytesToHex, decodeTransaction, equalBytes, fail, hexToBytes } from '@telltale/core'
import type { Judged, RecordArgs } from '@telltale/core'
import type { Client } from '@telltale/client'
import { createNodePrimitives, openUnsealed, readEntry, sealedForOthers } from '@telltale/node'
import type { HomeRecord, OpenedBody, StreamEntry } from '@telltale/node'

/** Records that a node is asked for at once. */
const PAGE = 200
/** A node counts requests over ten seconds: whoever asked too often waits that long at most. */
const WAIT_MS = 1000
const WAITS_MAX = 15

/** Records `from` to `to` of a stream, both included, as a node without keys can show them: what is sealed stays closed (`unexpected-answer`, and what the node refuses). */
export function readRemoteRecords(client: Client, stream: string, from: number, to: number): AsyncGenerator<HomeRecord> {
  const { sha256 } = createNodePrimitives()
  return read(client, stream, from, to, async ({ content, body: { sha256: hash } }, isHeld) => {
    if (content.kind === 'sealed') return sealedForOthers()
    const body = isHeld ? await bodyOf(client, bytesToHex(hash)) : null
    if (body && !equalBytes(sha256(body), hash)) throw fail('unexpected-answer', 'The node gave another body than the record refers to.', { expected: bytesToHex(hash), found: bytesToHex(sha256(body)) })
    return openUnsealed(content.clear, body)
  })
}

/** The same without readings: what tells when something was observed is in the record itself. */
export function readRemoteTimes(client: Client, stream: string, from: number, to: number): AsyncGenerator<HomeRecord> {
  return read(client, stream, from, to, ({ content }, isHeld) => Promise.resolve(content.kind === 'open' && isHeld ? { ok: true, value: { clear: content.clear, readings: [] } } : sealedForOthers()))
}

async function* read(client: Client, stream: string, from: number, to: number, open: (record: RecordArgs, isHeld: boolean) => Promise<Judged<OpenedBody>>): AsyncGenerator<HomeRecord> {
  const [device = '', name = ''] = stream.split('/')
  for (let next = from; next <= to; ) {
    const { records } = await patiently(() => client.call('listRecords', { path: { device, name }, query: { from: next, limit: Math.min(PAGE, to - next + 1) } }))
    if (records.length === 0) throw fail('unexpected-answer', `The node lists no record ${next} of ${name}, which it has.`, { expected: `record ${next}`, found: 'none' })
    for (const { transaction, height, blockTimeMs, isBodyHeld } of records) {
      const entry = { bytes: hexToBytes(transaction), sequence: next, height, timeMs: blockTimeMs }
      requirePlace(entry, device, name)
      yield readEntry(entry, (record) => open(record, isBodyHeld))
      next += 1
    }
  }
}

function requirePlace({ bytes, sequence }: StreamEntry, device: string, name: string): void {
  const { iss, sub, sequence: found } = decodeTransaction(bytes)
  if (iss === device && sub === name && found === sequence) return
  throw fail('unexpected-answer', 'The node gave another record than it was asked for.', { expected: `record ${sequence} of ${device}/${name}`, found: `${found} of ${iss}/${sub}` })
}

/** Null where it went since the record was listed. */
async function bodyOf(client: Client, sha256: string): Promise<Uint8Array | null> {
  try {
    return await patiently(() => client.call('getAttachment', { path: { sha256 } }))
  } catch (error) {
    if (error instanceof TelltaleError && error.code === 'no-such-attachment') return null
    throw error
  }
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
