import assert from 'node:assert/strict'
import { cp, readdir } from 'node:fs/promises'
import { suite, test } from 'node:test'
import { bytesToHex, decodeTransaction, encodeSubmissions, portable, signTransaction, transactionId } from '@telltale/core'
import { createWallet, readRecords, streamHeadOf } from '@telltale/node'
import { statedBy } from './stated.ts'
import { admit, enrolled, openRemoteDevice, reading, startGatewayFor, startNode, until, withFolder } from './rig.ts'

suite('a device, its gateway and a node', () => {
  test('records go through, are certified for the device, and the gateway states what it passed on', async () => {
    await withFolder(async (folder) => {
      const node = await startNode(`${folder}/node`, ['device'])
      const gateway = await startGatewayFor(node.service.url, `${folder}/gateway`)
      try {
        await admit(node.home, gateway)
        const profile = node.devices[0]!
        const device = await openRemoteDevice(await enrolled(node.home, profile), node.home.directory, { url: gateway.url, kind: 'gateway' })
        for (let metres = 1; metres <= 30; metres++) await device.record('odometer', 1, [reading(metres)])
        await device.flush()
        assert.equal(streamHeadOf(node.home, profile.address, 'odometer')?.count, 30)
        const values: unknown[] = []
        for await (const record of readRecords(node.home, `${profile.address}/odometer`, 0, 29)) values.push(record.readings?.[0]?.value)
        assert.deepEqual(values, Array.from({ length: 30 }, (_, i) => i + 1))
        await until('the statement is certified', () => gateway.gateway.health.unstatedRecords === 0)
        const stated = await statedBy(node.home, gateway.address)
        const entries = await node.home.reader.entries('records', `${profile.address}/odometer`, 0, 30)
        assert.deepEqual(stated, entries.map(({ bytes }) => bytesToHex(transactionId(decodeTransaction(bytes), portable))), 'each record is named once')
      } finally {
        await gateway.stop()
        await node.stop()
      }
    })
  })

  test('a plain node takes a device\'s records too', async () => {
    await withFolder(async (folder) => {
      const node = await startNode(`${folder}/node`, ['device'])
      try {
        const profile = node.devices[0]!
        const device = await openRemoteDevice(await enrolled(node.home, profile), `${folder}/device`, { url: node.service.url, kind: 'node' })
        for (let metres = 1; metres <= 120; metres++) await device.record('odometer', 1, [reading(metres)])
        await device.flush()
        assert.equal(streamHeadOf(node.home, profile.address, 'odometer')?.count, 120)
      } finally {
        await node.stop()
      }
    })
  })

  test('while the node is away the gateway takes records all the same, and passes them on when it is back', async () => {
    await withFolder(async (folder) => {
      const first = await startNode(`${folder}/node`, ['device'])
      const { port } = first.service
      const gateway = await startGatewayFor(first.service.url, `${folder}/gateway`)
      try {
        const profile = first.devices[0]!
        const device = await openRemoteDevice(await enrolled(first.home, profile), `${folder}/device`, { url: gateway.url, kind: 'gateway', patienceMs: 300 })
        await device.record('odometer', 1, [reading(1)])
        await device.flush()
        await first.stop()
        for (let metres = 2; metres <= 5; metres++) await device.record('odometer', 1, [reading(metres)])
        await assert.rejects(device.flush(), { code: 'not-certified-yet' })
        assert.equal(gateway.gateway.health.waitingRecords, 4)
        await until('it finds nobody', () => gateway.gateway.health.status === 'waiting')
        const again = await startNode(`${folder}/node`, ['device'], { isNew: false, port })
        try {
          await until('everything is certified', () => gateway.gateway.health.waitingRecords === 0)
          await device.flush()
          assert.equal(streamHeadOf(again.home, profile.address, 'odometer')?.count, 5)
        } finally {
          await again.stop()
        }
      } finally {
        await gateway.stop()
      }
    })
  })

  test('a record that the ledger refuses for good comes back to the device with the refusal, and lies in the folders of both', async () => {
    await withFolder(async (folder) => {
      const node = await startNode(`${folder}/node`, ['device'])
      const gateway = await startGatewayFor(node.service.url, `${folder}/gateway`)
      try {
        const profile = node.devices[0]!
        const identity = await enrolled(node.home, profile)
        const link = { url: gateway.url, kind: 'gateway' } as const
        const first = await openRemoteDevice(identity, `${folder}/device`, link)
        await first.record('odometer', 1, [reading(1)])
        await first.flush()
        await cp(`${folder}/device`, `${folder}/backup`, { recursive: true })
        await first.record('odometer', 1, [reading(2)])
        await first.flush()
        // Brought back from a backup it signs another record for a place that it has signed for.
        const second = await openRemoteDevice(identity, `${folder}/backup`, { url: 'http://127.0.0.1:9', kind: 'gateway' })
        await second.record('odometer', 1, [reading(3)])
        await assert.rejects(second.flush(), { code: 'ledger-unreachable' })
        const back = await openRemoteDevice(identity, `${folder}/backup`, link)
        await back.flush()
        assert.deepEqual(back.refused.map(({ code, sequence }) => [code, sequence]), [['sequence-taken', 1]])
        assert.deepEqual((await readdir(`${folder}/gateway/refused`)).length, 1)
        assert.deepEqual(back.forks.length, 1, 'and shows the fork itself, through the gateway')
      } finally {
        await gateway.stop()
        await node.stop()
      }
    })
  })

  test('a relay of another network is refused, by gateway and node, and so is a gateway before a node of another network', async () => {
    await withFolder(async (folder) => {
      const node = await startNode(`${folder}/node`, [])
      const other = await startNode(`${folder}/other`, [])
      const gateway = await startGatewayFor(node.service.url, `${folder}/gateway`)
      try {
        await admit(node.home, gateway)
        const { signer } = await createWallet(`${folder}/gateway`, undefined).open('gateway')
        const ids = [transactionId(decodeTransaction((await node.home.reader.transaction(0)).bytes), portable)]
        const relayFor = async (network: Uint8Array): Promise<Uint8Array> => encodeSubmissions([{ bytes: await signTransaction({ network: network.subarray(0, 16), iss: gateway.address, sub: gateway.address, call: 20, sequence: 0, args: [ids, 1] }, signer), attachments: [] }])
        const send = async (url: string, body: Uint8Array): Promise<unknown> => {
          const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/cbor' }, body: body as Uint8Array<ArrayBuffer> })
          const { results } = (await answer.json()) as { results: { status: string; error?: { code: string } }[] }
          return results[0]!.error?.code ?? results[0]!.status
        }
        const foreign = await relayFor(other.home.ledger.network)
        assert.equal(await send(`${gateway.url}/v1/records`, foreign), 'wrong-network')
        assert.equal(await send(`${node.service.url}/v1/transactions`, foreign), 'wrong-network')
        assert.equal(await send(`${gateway.url}/v1/records`, await relayFor(node.home.ledger.network)), 'unknown-device', 'a gateway takes statements of devices only')
        assert.equal(await send(`${node.service.url}/v1/transactions`, await relayFor(node.home.ledger.network)), 'certified', 'the honest relay')
        await gateway.stop()
        await assert.rejects(startGatewayFor(other.service.url, `${folder}/gateway`), { code: 'other-network' })
        const again = await startGatewayFor(node.service.url, `${folder}/gateway`)
        await again.stop()
      } finally {
        await gateway.stop().catch(() => undefined)
        await node.stop()
        await other.stop()
      }
    })
  })
})
