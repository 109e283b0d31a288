import { setTimeout as sleep } from 'node:timers/promises'
import { TelltaleError, bytesToHex, decodeTransaction, equalBytes, fail, hexToBytes } from '@telltale/core'
import type { Judged, RecordArgs } from '@telltale/core'
import type { Answer, Client } from '@telltale/client'
import { createNodePrimitives, createStreamKeysAt, openSealed, openUnsealed, readEntry, readGrant, sealedForOthers } from '@telltale/node'
import type { GrantSource, HomeRecord, LoggedGrant, OpenedBody, Place, StreamEntry } from '@telltale/node'

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

/** The same, and what is sealed opened with what lies in the directory of `place`: the device's own secrets, or seal keys for what was granted; only to `reader`, where one is named. */
export function readOpened(client: Client, place: Place, stream: string, from: number, to: number, reader: string | null): AsyncGenerator<HomeRecord> {
  const [device = '', name = ''] = stream.split('/')
  const keys = createStreamKeysAt(place, stream, reader, grantsAt(client, stream))
  return read(client, stream, from, to, async ({ content, body: reference, previous, boot }, isHeld, sequence) => {
    const body = (): Promise<Uint8Array | null> => (isHeld ? readRemoteBody(client, reference.sha256) : Promise.resolve(null))
    if (content.kind === 'open') return openUnsealed(content.clear, await body())
    const key = (await keys.recordKeys(content.epoch))?.(sequence)
    if (!key) return sealedForOthers()
    return openSealed(key, await body(), { context: { network: place.ledger.network, device, stream: name, epoch: content.epoch }, sequence, previous, boot }, place.primitives)
  })
}

/** What was granted of a stream, as a node has it. */
export function grantsAt(client: Client, stream: string): GrantSource {
  return { grants: () => readRemoteGrants(client, stream.split('/', 1)[0]!), attachment: (sha256) => readRemoteBody(client, sha256) }
}

/** Everything that a device granted, oldest first, as a node lists it. */
async function readRemoteGrants(client: Client, device: string): Promise<LoggedGrant[]> {
  const found: LoggedGrant[] = []
  for (let from: number | null = 0; from !== null; ) {
    const page: Answer<'listGrants'> = await patiently(() => client.call('listGrants', { path: { device }, query: { from: from as number, limit: PAGE } }))
    for (const { transaction, height, blockTimeMs } of page.grants) {
      const grant = readGrant({ bytes: hexToBytes(transaction), height, timeMs: blockTimeMs })
      if (grant?.device === device) found.push(grant)
    }
    from = page.from
  }
  return found
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
