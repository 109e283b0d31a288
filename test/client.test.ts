import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { suite, test } from 'node:test'
import { build } from 'esbuild'
import { createClient } from '@telltale/client'
import type { NodeEvent } from '@telltale/client'
import { asArray, asBytes, checkpointFromCbor, decode, decodeReceipt, encode, equalBytes, hexToBytes } from '@telltale/core'
import { addAccount, initHome, openHome, resolveSettings } from '@telltale/node'
import { startService } from '@telltale/node/service'
import { withExampleNode } from './api-docs/example-node.ts'

const root = resolve(import.meta.dirname, '..')

suite('the client', () => {
  test('its types and docs/openapi.json are what a node describes', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/client-types.ts'), '--check'], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  })

  test('submits, asks and lists; numbers and bytes are what they were', async () => {
    await withExampleNode(async (url, folder) => {
      const client = createClient({ url: `${url}/` })
      const [item] = asArray(decode(new Uint8Array(await readFile(join(folder, 'record.cbor')))), 'body')
      const [bytes, attachments] = asArray(item, 'item', 2)
      const submission = { bytes: asBytes(bytes, 'transaction'), attachments: asArray(attachments, 'attachments').map((one) => asBytes(one, 'attachment')) }
      const [result] = await client.submit([submission])
      assert.equal(result?.status, 'certified')
      assert.equal(decodeReceipt(hexToBytes(result.receipt ?? '')).index, result.index)
      const id = result.id as string
      const { index, callName, iss, sub } = await client.call('getTransaction', { path: { id } })
      assert.deepEqual([index, callName, sub], [result.index, 'record', 'odometer'])
      assert.equal(decodeReceipt(await client.call('getReceipt', { path: { id } })).index, index)
      const { records, from } = await client.call('listRecords', { path: { device: String(iss), name: 'odometer' }, query: { from: 2, limit: 1 } })
      assert.deepEqual([records[0]?.sequence, from], [2, 3])
      assert.deepEqual(await client.call('getAttachment', { path: { sha256: records[0]?.body?.sha256 ?? '' } }).then((body) => body.length), records[0]?.body?.length)
      assert.match(await client.call('getMetrics', {}), /telltale_height 7/)
      const [asset] = (await client.call('listAssets', { query: { limit: 1 } })).assets
      const certificate = await client.call('makeCertificate', { body: { asset: asset?.asset ?? '', streams: [{ stream: `${String(iss)}/odometer` }] } })
      assert.equal(asArray(decode(certificate), 'certificate')[0], 'telltale')
      assert.equal(asArray(decode(await client.pin()), 'pin')[0], 'tt-checkpoint')
    })
  })

  test('logs in and out, and asks as the account meanwhile', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'telltale-client-'))
    await initHome({ directory, password: undefined, algorithm: 'EdDSA', parameters: {}, nowMs: Date.now() })
    await addAccount(directory, { name: 'anna', role: 'operator', password: 'correct horse battery', nowMs: Date.now() })
    const home = await openHome({ directory, password: undefined })
    const { settings } = await resolveSettings({ flags: { listen: '127.0.0.1:0', 'log-level': 'silent' }, environment: {}, directory })
    const service = await startService({ home, settings, isUsualPort: false, isDemo: false, mounts: [], pages: null })
    try {
      const client = createClient({ url: service.url })
      await assert.rejects(client.call('getNetwork', {}), { code: 'log-in-needed' })
      await assert.rejects(client.logIn('anna', 'another password'), { code: 'wrong-log-in' })
      assert.equal((await client.logIn('anna', 'correct horse battery')).role, 'operator')
      assert.equal((await client.call('getNetwork', {})).height, home.ledger.position.height)
      await assert.rejects(client.call('submitTransactions', { body: encode([]) }), { code: 'wrong-shape' })
      await assert.rejects(createClient({ url: service.url }).call('getNetwork', {}), { code: 'log-in-needed' })
      await client.logOut()
      await assert.rejects(client.call('getNetwork', {}), { code: 'log-in-needed' })
      assert.equal((await client.call('getSession', {})).name, null)
    } finally {
      await service.stop()
      await home.close()
      await rm(directory, { recursive: true })
    }
  })

  test('a refusal has the code that the node gave; no node, and something that is none', async () => {
    await withExampleNode(async (url) => {
      const client = createClient({ url })
      await assert.rejects(client.call('getBlock', { path: { height: 99 } }), { code: 'no-such-block', expected: '1 to 6', found: '99' })
      await assert.rejects(client.call('listBlocks', { query: { limit: 1000 } }), { code: 'malformed-request' })
    })
    const stranger = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1')
    await new Promise((done) => stranger.once('listening', done))
    const url = `http://127.0.0.1:${(stranger.address() as { port: number }).port}`
    await assert.rejects(createClient({ url }).call('getHealth', {}), { code: 'unexpected-answer' })
    await new Promise((done) => stranger.close(done))
    await assert.rejects(createClient({ url }).call('getHealth', {}), { code: 'node-unreachable', found: 'ECONNREFUSED' })
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await new Promise((done) => silent.once('listening', done))
    await assert.rejects(createClient({ url: `http://127.0.0.1:${(silent.address() as { port: number }).port}`, timeoutMs: 100 }).call('getHealth', {}), { code: 'node-unreachable', found: 'no answer in time' })
    silent.closeAllConnections()
    silent.close()
  })

  test('takes neither an entry of the state nor that there is none without its proof', async () => {
    await withExampleNode(async (url) => {
      const honest = createClient({ url })
      const network = hexToBytes((await honest.call('getNetwork', {})).network)
      const { stateRoot } = checkpointFromCbor(asArray(decode(await honest.pin()), 'pin')[2])
      const [present, absent] = [encode([0]), encode([1, 'tt1nobody'])]
      const entry = await honest.state(network, present)
      assert.ok(entry.value && equalBytes(entry.stateRoot, stateRoot))
      assert.deepEqual(await honest.state(network, absent), { ...entry, value: null })
      const change: { to: Record<string, unknown> } = { to: {} }
      const between = createServer((request, response) => {
        void fetch(url + (request.url ?? '')).then(async (answer) => response.end(JSON.stringify({ ...((await answer.json()) as object), ...change.to })))
      }).listen(0, '127.0.0.1')
      await new Promise((done) => between.once('listening', done))
      const client = createClient({ url: `http://127.0.0.1:${(between.address() as { port: number }).port}` })
      const isPassedOn = await client.state(network, present)
      assert.deepEqual(isPassedOn, entry)
      const neighbour = { keyHash: '11'.repeat(32), valueHash: '22'.repeat(32) }
      for (const [key, to] of [
        [present, { value: null }],
        [present, { value: null, neighbour }],
        [present, { value: '80' }],
        [present, { siblings: [] }],
        [absent, { value: '80' }],
        [absent, { neighbour }],
        [absent, { stateRoot: '33'.repeat(32) }],
      ] as const) {
        change.to = to
        await assert.rejects(client.state(network, key), { code: 'state-not-proved' }, JSON.stringify(to))
      }
      for (const to of [{ stateRoot: '' }, { siblings: ['00'] }, { neighbour: { ...neighbour, keyHash: 'x' } }]) {
        change.to = to
        await assert.rejects(client.state(network, absent), { code: 'unexpected-answer' }, JSON.stringify(to))
      }
      between.close()
    })
  })

  test('events go on behind the last that was seen', async () => {
    await withExampleNode(async (url) => {
      const client = createClient({ url })
      const take = async (count: number, cursor: string): Promise<NodeEvent[]> => {
        const gone = new AbortController()
        const events: NodeEvent[] = []
        for await (const event of client.events({ cursor, signal: gone.signal })) {
          events.push(event)
          if (events.length === count) gone.abort()
        }
        return events
      }
      const all = await take(9, '0')
      assert.deepEqual(all.map(({ id }) => id), ['1', '2', '3', '4.0', '4', '5.0', '5', '6.0', '6'])
      assert.deepEqual(await take(3, '5.0'), all.slice(6))
      await assert.rejects(take(1, '99'), { code: 'cursor-from-the-future' })
    })
  })

  test('runs in a browser: nothing of Node is in it', async () => {
    const entry = join(root, 'packages/client/src/index.ts')
    const { outputFiles } = await build({ entryPoints: [entry], bundle: true, platform: 'browser', format: 'esm', write: false, logLevel: 'silent' })
    assert.ok(outputFiles[0]!.text.length > 1000)
    await assert.rejects(build({ entryPoints: [join(root, 'packages/node/src/index.ts')], bundle: true, platform: 'browser', format: 'esm', write: false, logLevel: 'silent' }))
  })
})
