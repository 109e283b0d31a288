import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { encodeSubmissions } from '@telltale/core'
import { backupData, ensureIdentity, initHome, openHome, readRecords, resolveSettings, restoreData, streamHeadOf } from '@telltale/node'
import type { Home, Settings } from '@telltale/node'
import { silentLog, startService } from '@telltale/node/service'
import type { Service } from '@telltale/node/service'
import { statedBy } from './stated.ts'
import { GATEWAY_KEY, enrolled, openRemoteDevice, reading, startNode, until, withFolder } from './rig.ts'

interface Health {
  status: string
  address: string
  waitingRecords: number
  unstatedRecords: number
}

async function healthAt(url: string): Promise<Health> {
  return (await (await fetch(`${url}/health`)).json()) as Health
}

/** Status and code of what is answered. */
async function told(url: string, init: RequestInit = {}): Promise<[number, string]> {
  const response = await fetch(url, init)
  const { code = 'none' } = (await response.json()) as { code?: string }
  return [response.status, code]
}

/** Status, and code of the first that was sent. */
async function sent(url: string, body: Uint8Array): Promise<[number, string | undefined]> {
  const response = await fetch(`${url}/v1/records`, { method: 'POST', headers: { 'content-type': 'application/cbor' }, body: body as Uint8Array<ArrayBuffer> })
  const { results } = (await response.json()) as { results: { error?: { code: string } }[] }
  return [response.status, results[0]?.error?.code]
}

function gatewayOf({ gateway }: Service): { url: string; address: string } {
  assert.ok(gateway, 'the node is a gateway')
  return gateway
}

async function serve(home: Home, settings: Partial<Settings>): Promise<Service> {
  const usual = await resolveSettings({ flags: { 'listen': '127.0.0.1:0', 'log-level': 'silent' }, environment: {}, directory: home.directory })
  return startService({ home, settings: { ...usual.settings, ...settings }, isUsualPort: false, isDemo: false, mounts: [], pages: null, log: silentLog() })
}

suite('a gateway in a node', () => {
  test('takes records as one that stands alone, the node certifies them, and it states what it passed on', async () => {
    await withFolder(async (folder) => {
      const node = await startNode(`${folder}/node`, ['device'], { isGateway: true })
      try {
        const { url, address } = gatewayOf(node.service)
        assert.equal(url, `${node.service.url}/gateway`)
        const profile = node.devices[0]!
        const device = await openRemoteDevice(await enrolled(node.home, profile), node.home.directory, { url, kind: 'gateway' })
        for (let metres = 1; metres <= 30; metres++) await device.record('odometer', 1, [reading(metres)])
        await device.flush()
        const values: unknown[] = []
        for await (const record of readRecords(node.home, `${profile.address}/odometer`, 0, 29)) values.push(record.readings?.[0]?.value)
        assert.deepEqual(values, Array.from({ length: 30 }, (_, i) => i + 1))
        await until('the statement is certified', async () => (await healthAt(url)).unstatedRecords === 0)
        const { records } = (await (await fetch(`${url}/v1/streams/${profile.address}/odometer/records?limit=30`)).json()) as { records: { id: string }[] }
        assert.deepEqual(await statedBy(node.home, address), records.map(({ id }) => id), 'each record is named once')
        assert.deepEqual((await healthAt(url)).address, address)
        const figures = await (await fetch(`${url}/metrics`)).text()
        assert.match(figures, /telltale_gateway_records_total\{result="pending"\} 30/)
        assert.doesNotMatch(figures, /process_cpu/, 'the node gives those')
      } finally {
        await node.stop()
      }
    })
  })

  test('refuses what a gateway refuses, with its codes; the node is described as one without', async () => {
    await withFolder(async (folder) => {
      const node = await startNode(`${folder}/node`, ['device'], { isGateway: true })
      const other = await startNode(`${folder}/other`, ['device'])
      try {
        const { url } = gatewayOf(node.service)
        const post = (body: Uint8Array, type = 'application/cbor'): Promise<[number, string]> => told(`${url}/v1/records`, { method: 'POST', headers: { 'content-type': type }, body: body as Uint8Array<ArrayBuffer> })
        const first = async (home: Home): Promise<Uint8Array> => encodeSubmissions([{ bytes: (await home.reader.transaction(0)).bytes, attachments: [] }])
        assert.deepEqual(await sent(url, await first(other.home)), [400, 'wrong-network'])
        assert.deepEqual(await sent(url, await first(node.home)), [403, 'unknown-device'], 'what an authority signed')
        assert.deepEqual(await post(encodeSubmissions([])), [400, 'wrong-shape'])
        assert.deepEqual(await post(new Uint8Array(9), 'application/json'), [415, 'unsupported-content'])
        assert.deepEqual(await post(new Uint8Array(17_000_000)), [413, 'body-too-large'])
        assert.deepEqual(await told(`${url}/v1/records/0`), [400, 'malformed-request'])
        assert.deepEqual(await told(`${url}/v1/records/${'0'.repeat(64)}`), [404, 'no-such-transaction'])
        assert.deepEqual(await told(`${url}/v1/streams/${node.devices[0]!.address}/odometer/records?limit=501`), [400, 'malformed-request'])
        assert.deepEqual(await told(`${url}/nothing`), [404, 'no-such-route'])
        assert.deepEqual(await told(`${url}/v1/records`, { method: 'PUT' }), [405, 'method-not-allowed'])
        assert.deepEqual(await told(`${other.service.url}/gateway/health`), [404, 'no-such-route'], 'a node without')
        const { paths } = (await (await fetch(`${node.service.url}/openapi.json`)).json()) as { paths: Record<string, unknown> }
        assert.deepEqual(Object.keys(paths).filter((path) => path.includes('gateway')), [])
      } finally {
        await node.stop()
        await other.stop()
      }
    })
  })

  test('starts only with a key that an authority admitted as a gateway', async () => {
    await withFolder(async (folder) => {
      const directory = `${folder}/node`
      await initHome({ directory, password: undefined, algorithm: 'EdDSA', nowMs: Date.now() })
      const home = await openHome({ directory, password: undefined })
      try {
        await assert.rejects(serve(home, { gateway: GATEWAY_KEY }), { code: 'key-file-not-found' })
        await home.wallet.create(GATEWAY_KEY, 'EdDSA')
        await assert.rejects(serve(home, { gateway: GATEWAY_KEY }), { code: 'role-not-in-force' })
        await ensureIdentity(home, 'late', 'EdDSA', [['gateway', null, 1]])
        await assert.rejects(serve(home, { gateway: 'late' }), { code: 'role-not-in-force' }, 'whose role has expired')
        const { address } = await ensureIdentity(home, GATEWAY_KEY, 'EdDSA', [['gateway', null, null]])
        const service = await serve(home, { gateway: GATEWAY_KEY })
        assert.equal(gatewayOf(service).address, address)
        await service.stop()
      } finally {
        await home.close()
      }
    })
  })

  test('where others can connect devices need no token, while the node and all figures ask for it', async () => {
    await withFolder(async (folder) => {
      const node = await startNode(`${folder}/node`, ['device'], { isGateway: true })
      await node.service.stop()
      const token = join(folder, 'token')
      await writeFile(token, 'a-token-of-this-test')
      const service = await serve(node.home, { gateway: GATEWAY_KEY, tokenFile: token })
      try {
        const { url } = gatewayOf(service)
        const device = await openRemoteDevice(await enrolled(node.home, node.devices[0]!), `${folder}/device`, { url, kind: 'gateway' })
        await device.record('odometer', 1, [reading(1)])
        await device.flush()
        assert.equal(streamHeadOf(node.home, node.devices[0]!.address, 'odometer')?.count, 1)
        for (const path of ['/gateway/metrics', '/metrics', '/v1/network']) assert.deepEqual(await told(service.url + path), [401, 'token-needed'], path)
        assert.ok((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer a-token-of-this-test' } })).ok)
      } finally {
        await service.stop()
        await node.home.close()
      }
    })
  })

  test('what it took when the node stops is in the ledger, and whatever waits is in a backup', async () => {
    await withFolder(async (folder) => {
      const node = await startNode(`${folder}/node`, ['device'], { isGateway: true })
      const profile = node.devices[0]!
      const { url } = gatewayOf(node.service)
      const identity = await enrolled(node.home, profile)
      const device = await openRemoteDevice(identity, `${folder}/device`, { url, kind: 'gateway', patienceMs: 0 })
      for (let metres = 1; metres <= 200; metres++) await device.record('odometer', 1, [reading(metres)])
      await device.flush().catch((error: { code: string }) => assert.equal(error.code, 'not-certified-yet'))
      await node.stop()
      const home = await openHome({ directory: `${folder}/node`, password: undefined })
      assert.equal(streamHeadOf(home, profile.address, 'odometer')?.count, 200)
      await home.close()
      await backupData(`${folder}/node`, `${folder}/backup`)
      await restoreData(`${folder}/backup`, `${folder}/restored`)
      const [kept, restored] = await Promise.all(['node', 'restored'].map((name) => readFile(`${folder}/${name}/gateway/outbox`)))
      assert.ok(kept!.length > 1000 && kept!.equals(restored!))
      const again = await startNode(`${folder}/restored`, ['device'], { isNew: false, isGateway: true })
      try {
        await until('what was not stated before the stop is stated', async () => (await healthAt(gatewayOf(again.service).url)).unstatedRecords === 0)
        assert.equal((await statedBy(again.home, gatewayOf(again.service).address)).length, 200)
      } finally {
        await again.stop()
      }
    })
  })
})
