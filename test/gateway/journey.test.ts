import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decodeTransaction, bytesToHex, transactionId, portable } from '@telltale/core'
import { readRecords, streamHeadOf } from '@telltale/node'
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
})

/** Ids that the gateway's statements name, in the order of the log. */
async function statedBy(home: Parameters<typeof readRecords>[0], address: string): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < home.ledger.position.log.size; index++) {
    const { iss, call, args } = decodeTransaction((await home.reader.transaction(index)).bytes)
    if (iss === address && call === 20) for (const id of args[0] as Uint8Array[]) ids.push(bytesToHex(id))
  }
  return ids
}
