import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@telltale/client'
import type { Client } from '@telltale/client'
import { NO_PREVIOUS, TelltaleError, decodeTransaction, encode, hexToBytes, portable, recordArgsToCbor, signTransaction, transactionId } from '@telltale/core'
import type { Signer } from '@telltale/core'
import { createAsset, enrolDevice, ensureIdentity, initHome, openHome } from '@telltale/node'
import { createSeededRandom } from '@telltale/testing'
import { startNodeProcess } from '../process.ts'

const STREAMS = ['odometer', 'driving', 'diagnostics', 'telemetry']
const DELAY_MS_MAX = 600
/** Records of one request. */
const BATCH = 5

/** What was acknowledged, kept outside of the process that is killed. */
interface Acknowledged {
  /** By id: position in the log. */
  records: Map<string, number>
  /** By size: the log root that was certified. */
  roots: Map<number, string>
}

interface Sender {
  stream: string
  address: string
  signer: Signer
  network: Uint8Array
  previous: Uint8Array
  next: number
  /** Signed, and not acknowledged yet: sent again as it is, for a device never signs twice for one place. */
  waiting: { bytes: Uint8Array; attachments: Uint8Array[] }[]
}

/** Kills a node with SIGKILL at random moments while records come over HTTP, `rounds` times; each time everything acknowledged is there, where it was said to be. */
export async function httpKillRounds(rounds: number, seed: number): Promise<{ records: number; roots: number }> {
  const random = createSeededRandom(seed)
  const folder = await mkdtemp(join(tmpdir(), 'telltale-http-kill-'))
  const directory = join(folder, 'data')
  const acknowledged: Acknowledged = { records: new Map(), roots: new Map() }
  try {
    const senders = await makeSenders(directory)
    for (let round = 0; round < rounds; round++) {
      const node = await startNodeProcess(directory)
      const client = createClient({ url: node.document.url })
      await verify(client, acknowledged)
      const isKilled = new AbortController()
      const work = senders.map((sender) => sendUntil(client, sender, acknowledged, isKilled.signal))
      // Every third round hits a node that has only begun, all others one under load.
      if (round % 3 !== 2) await untilGrown(acknowledged.records, acknowledged.records.size)
      await pause(random.below(DELAY_MS_MAX))
      await node.kill()
      isKilled.abort()
      await Promise.all(work)
    }
    const node = await startNodeProcess(directory)
    await verify(createClient({ url: node.document.url }), acknowledged)
    await node.interrupt()
    return { records: acknowledged.records.size, roots: acknowledged.roots.size }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function untilGrown(records: Map<string, number>, size: number): Promise<void> {
  for (let i = 0; records.size === size; i++) {
    assert.ok(i < 3000, 'nothing was acknowledged in 30 s')
    await pause(10)
  }
}

async function makeSenders(directory: string): Promise<Sender[]> {
  await initHome({ directory, password: undefined, algorithm: 'EdDSA', nowMs: Date.now() })
  const home = await openHome({ directory, password: undefined })
  try {
    const owner = await ensureIdentity(home, 'owner', 'EdDSA', [['owner', null, null]])
    const asset = await createAsset(home, owner, new Map())
    await enrolDevice(home, { asset, name: 'device', algorithm: 'EdDSA', streams: STREAMS, isSealed: true })
    const { address, signer } = await home.wallet.open('device')
    return STREAMS.map((stream) => ({ stream, address, signer, network: home.ledger.network, previous: NO_PREVIOUS, next: 0, waiting: [] }))
  } finally {
    await home.close()
  }
}

async function sendUntil(client: Client, sender: Sender, acknowledged: Acknowledged, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    while (sender.waiting.length < BATCH) sender.waiting.push(await signNext(sender))
    try {
      const results = await client.submit(sender.waiting)
      for (const { id, status, index, error } of results) {
        if (status !== 'certified') {
          // A node that is going down may say that it does not know; it never refuses what is in order.
          assert.equal(status, 'unknown', error?.code ?? 'no code')
          return
        }
        const known = acknowledged.records.get(String(id))
        assert.ok(known === undefined || known === index, `${id} stood at ${known} and stands at ${index}`)
        acknowledged.records.set(String(id), Number(index))
        sender.waiting.shift()
      }
      const { checkpoint } = await client.call('getCheckpoint', {})
      const known = acknowledged.roots.get(checkpoint.size)
      assert.ok(known === undefined || known === checkpoint.logRoot, `two roots were certified at size ${checkpoint.size}`)
      acknowledged.roots.set(checkpoint.size, checkpoint.logRoot)
    } catch (error) {
      if (error instanceof TelltaleError && ['node-unreachable', 'unexpected-answer'].includes(error.code)) return
      if (error instanceof TypeError || (error as Error).name === 'AbortError') return
      throw error
    }
  }
}

async function signNext(sender: Sender): Promise<Sender['waiting'][number]> {
  const { stream, address, signer, network, previous, next } = sender
  const body = encode([stream, next])
  const args = recordArgsToCbor({ previous, boot: new Uint8Array(6), content: { kind: 'sealed', epoch: 0 }, body: { sha256: portable.sha256(body), length: body.length }, cites: null })
  const bytes = await signTransaction({ network: network.subarray(0, 16), iss: address, sub: stream, call: 16, sequence: next, args }, signer)
  sender.previous = transactionId(decodeTransaction(bytes), portable)
  sender.next += 1
  return { bytes, attachments: [body] }
}

/** Everything that was acknowledged stands where it was said to stand, and every certified log is the beginning of the one that is there now. */
async function verify(client: Client, { records, roots }: Acknowledged): Promise<void> {
  for (const [id, index] of records) {
    const found = await client.call('getTransaction', { path: { id } })
    assert.deepEqual([found.status, found.index], ['certified', index], `${id} was acknowledged`)
    assert.equal(hexToBytes(found.transaction ?? '').length > 100, true)
  }
  for (const [size, root] of roots) {
    const { fromRoot } = await client.call('getConsistency', { query: { from: size } })
    assert.equal(fromRoot, root, `the log of ${size} that was certified`)
  }
}
