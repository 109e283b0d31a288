import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { verifyCertificate } from '@telltale/certificate'
import { bytesToHex, hexToBytes, isAbsentFromState, isConsistent, isInState, leafHash, portable, rootFromInclusion, stateKeyHash } from '@telltale/core'
import type { StateNeighbour } from '@telltale/core'
import { assetKey, encodeStateKey, notesKey } from '@telltale/ledger'
import { assertProblem, getJson, readAnswer, signRecords, submit, withNode } from './running-node.ts'
import type { RunningNode } from './running-node.ts'

async function withRecords(count: number, work: (node: RunningNode) => Promise<void>): Promise<void> {
  await withNode(async (node) => {
    for (const record of await signRecords(node, count)) await submit(node, [record])
    await work(node)
  })
}

const hashes = (value: unknown): Uint8Array[] => (value as string[]).map(hexToBytes)

suite('what the API shows', () => {
  test('network, checkpoint, health and blocks agree with each other', async () => {
    await withRecords(3, async (node) => {
      const { json: network } = await getJson(node, '/v1/network')
      const { json: health } = await getJson(node, '/health')
      const { json: head } = await getJson(node, '/v1/checkpoint')
      const { json: blocks } = await getJson(node, '/v1/blocks?limit=2')
      const checkpoint = head['checkpoint'] as Record<string, unknown>
      assert.equal(health['status'], 'ok')
      assert.deepEqual([health['logRoot'], health['stateRoot'], health['size']], [checkpoint['logRoot'], checkpoint['stateRoot'], checkpoint['size']])
      assert.deepEqual(network['counts'], { transactions: checkpoint['size'], assets: 1, devices: 1 })
      const [newest, next] = blocks['blocks'] as { height: number; size: number; timeMs: number; transactions: number }[]
      assert.equal(checkpoint['timeMs'], newest?.timeMs)
      assert.deepEqual([newest?.height, newest?.size], [checkpoint['height'], checkpoint['size']])
      assert.deepEqual([next?.height, blocks['before']], [newest!.height - 1, newest!.height - 1])
      const { json: older } = await getJson(node, `/v1/blocks?before=${String(blocks['before'])}&limit=100`)
      assert.equal((older['blocks'] as unknown[]).length, newest!.height - 2)
      assert.equal(older['before'], null)
      const { json: block } = await getJson(node, `/v1/blocks/${newest!.height}`)
      assert.equal((block['transactions'] as { callName: string }[])[0]?.callName, 'record')
      assertProblem(await getJson(node, '/v1/blocks/0'), { status: 404, code: 'no-such-block' })
      const genesis = new Uint8Array(await (await fetch(`${node.url}/v1/genesis`)).arrayBuffer())
      assert.equal(bytesToHex(portable.sha256(genesis)), network['network'])
      await submit(node, await signRecords(node, 1))
      const { json: later } = await getJson(node, '/v1/checkpoint')
      const [grown] = (await getJson(node, '/v1/blocks?limit=1')).json['blocks'] as { timeMs: number }[]
      assert.equal((later['checkpoint'] as { timeMs: number }).timeMs, grown!.timeMs)
      assert.ok(grown!.timeMs > newest!.timeMs)
      assert.equal((await getJson(node, '/v1/network')).json['genesisMs'], network['genesisMs'])
    })
  })

  test('proofs of the log and of the state hold against the checkpoint, and not against another', async () => {
    await withRecords(5, async (node) => {
      const { json: head } = await getJson(node, '/v1/checkpoint')
      const { size, logRoot, stateRoot } = head['checkpoint'] as { size: number; logRoot: string; stateRoot: string }
      for (let index = 0; index < size; index++) {
        const { json } = await getJson(node, `/v1/log/inclusion?index=${index}`)
        const root = rootFromInclusion(hexToBytes(String(json['leafHash'])), index, size, hashes(json['path']), portable.sha256)
        assert.equal(root && bytesToHex(root), logRoot)
        const { bytes } = await node.home.reader.transaction(index)
        assert.equal(json['leafHash'], bytesToHex(leafHash(bytes, portable.sha256)))
      }
      for (let from = 1; from <= size; from++) {
        const { json } = await getJson(node, `/v1/log/consistency?from=${from}`)
        const { fromRoot, path } = json as { fromRoot: string; path: string[] }
        const holds = (old: string): boolean => isConsistent(from, size, hexToBytes(old), hexToBytes(logRoot), path.map(hexToBytes), portable.sha256)
        assert.ok(holds(fromRoot))
        assert.ok(!holds('11'.repeat(32)))
      }
      const asset = encodeStateKey(assetKey(node.profile.asset))
      const { json: entry } = await getJson(node, `/v1/state/${bytesToHex(asset)}`)
      assert.equal(entry['stateRoot'], stateRoot)
      const stands = (value: Uint8Array): boolean => isInState(node.home.ledger.network, asset, value, hashes(entry['siblings']), hexToBytes(stateRoot), portable.sha256)
      const value = hexToBytes(String(entry['value']))
      assert.ok(stands(value))
      assert.ok(!stands(value.with(0, value[0]! ^ 1)))
      assertProblem(await getJson(node, `/v1/log/inclusion?index=${size}`), { status: 404, code: 'size-out-of-range' })
      assertProblem(await getJson(node, `/v1/log/consistency?from=${size + 1}`), { status: 404, code: 'size-out-of-range' })
      assertProblem(await getJson(node, '/v1/log/consistency?from=0'), { status: 400, code: 'malformed-request' })
      assertProblem(await getJson(node, '/v1/state/8202'), { status: 400, code: 'malformed-cbor' })
    })
  })

  test('that nothing stands under a key is proved, and no proof of it holds for a key that has an entry', async () => {
    await withRecords(1, async (node) => {
      const { network } = node.home.ledger
      const { sha256 } = portable
      const { json: head } = await getJson(node, '/v1/checkpoint')
      const root = hexToBytes((head['checkpoint'] as { stateRoot: string }).stateRoot)
      interface Entry { value: string | null; siblings: string[]; neighbour: { keyHash: string; valueHash: string } | null }
      const ask = async (key: Uint8Array): Promise<Entry> => (await getJson(node, `/v1/state/${bytesToHex(key)}`)).json as unknown as Entry
      const neighbourOf = ({ neighbour }: Entry): StateNeighbour | null => neighbour && { keyHash: hexToBytes(neighbour.keyHash), valueHash: hexToBytes(neighbour.valueHash) }
      const present = encodeStateKey(assetKey(node.profile.asset))
      const asset = await ask(present)
      assert.equal(asset.neighbour, null)
      const ends = { slot: 0, neighbour: 0 }
      for (let i = 0; i < 40; i++) {
        const key = encodeStateKey(notesKey(node.owner.address, `${node.device.address}/none-${i}`))
        const entry = await ask(key)
        assert.equal(entry.value, null)
        const siblings = hashes(entry.siblings)
        const [neighbour, other] = [neighbourOf(entry), { keyHash: sha256(new Uint8Array([i])), valueHash: sha256(new Uint8Array([i])) }]
        assert.ok(isAbsentFromState(network, key, neighbour, siblings, root, sha256))
        ends[neighbour ? 'neighbour' : 'slot'] += 1
        assert.ok(!isAbsentFromState(network, present, neighbour, siblings, root, sha256), 'the proof of another key')
        assert.ok(!isAbsentFromState(network, present, neighbour, hashes(asset.siblings), root, sha256), 'another end of the path')
        assert.ok(!isAbsentFromState(network, key, neighbour ? null : other, siblings, root, sha256), 'one end for the other')
        assert.ok(!isAbsentFromState(network, key, other, siblings, root, sha256), 'an invented neighbour')
      }
      assert.ok(ends.slot > 0 && ends.neighbour > 0)
      const itself = { keyHash: stateKeyHash(network, present, sha256), valueHash: sha256(hexToBytes(asset.value ?? '')) }
      assert.ok(!isAbsentFromState(network, present, itself, hashes(asset.siblings), root, sha256), 'the entry itself as a neighbour')
      assert.ok(!isAbsentFromState(network, present, null, [], root, sha256), 'an empty slot at the root')
    })
  })

  test('identities, assets, devices, streams and records, page by page', async () => {
    await withRecords(5, async (node) => {
      const { device, owner, profile } = node
      const { json: all } = await getJson(node, '/v1/identities')
      const seen: string[] = []
      for (let after = ''; ; ) {
        const { json } = await getJson(node, `/v1/identities?limit=1${after}`)
        seen.push((json['identities'] as { address: string }[])[0]!.address)
        if (json['after'] === null) break
        after = `&after=${json['after'] as string}`
      }
      assert.deepEqual(seen, (all['identities'] as { address: string }[]).map(({ address }) => address))
      assert.ok(seen.includes(owner.address) && seen.includes(device.address) && seen.length === 3)
      const { json: asset } = await getJson(node, `/v1/assets/${profile.asset}`)
      assert.deepEqual((await getJson(node, '/v1/assets')).json, { assets: [asset], after: null })
      assert.equal(asset['owner'], owner.address)
      const { json: shown } = await getJson(node, `/v1/devices/${device.address}`)
      assert.deepEqual((await getJson(node, '/v1/devices')).json, { devices: [shown], after: null })
      const { json: stream } = await getJson(node, `/v1/streams/${device.address}/odometer`)
      assert.deepEqual(shown['streams'], [stream])
      assert.deepEqual([stream['count'], stream['asset']], [5, profile.asset])
      const { json: page } = await getJson(node, `/v1/streams/${device.address}/odometer/records?from=1&limit=3`)
      assert.deepEqual((page['records'] as { sequence: number }[]).map(({ sequence }) => sequence), [1, 2, 3])
      assert.equal(page['from'], 4)
      const { json: last } = await getJson(node, `/v1/streams/${device.address}/odometer/records?from=4`)
      assert.equal(last['from'], null)
      assert.equal((last['records'] as { id: string }[])[0]?.id, stream['head'])
      assert.deepEqual((await getJson(node, `/v1/streams/${device.address}/odometer/notes`)).json, { notes: [], from: null })
      assertProblem(await getJson(node, `/v1/streams/${device.address}/nothing`), { status: 404, code: 'unknown-stream' })
      assertProblem(await getJson(node, `/v1/devices/${owner.address}`), { status: 404, code: 'unknown-device' })
      assertProblem(await getJson(node, `/v1/assets/${profile.asset.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q'))}`), { status: 404, code: 'unknown-asset' })
    })
  })

  test('a certificate that discloses nothing verifies offline', async () => {
    await withRecords(4, async (node) => {
      const post = async (body: unknown): Promise<Response> => fetch(`${node.url}/v1/certificates`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
      const stream = `${node.device.address}/odometer`
      const response = await post({ asset: node.profile.asset, streams: [{ stream }] })
      assert.equal(response.status, 200)
      const verification = await verifyCertificate(new Uint8Array(await response.arrayBuffer()), { trust: { network: node.home.ledger.network } }, portable)
      assert.deepEqual([verification.lamps.genuine.state, verification.lamps.complete.state, verification.streams[0]?.count, verification.streams[0]?.disclosed], ['holds', 'holds', 4, 0])
      assertProblem(await readAnswer(await post({ asset: node.profile.asset, streams: [{ stream, to: 9 }] })), { status: 404, code: 'no-such-record' })
      assertProblem(await readAnswer(await post({ asset: node.profile.asset, streams: [{ stream }], disclose: 'all' })), { status: 400, code: 'unknown-field' })
      assertProblem(await readAnswer(await post({ asset: node.profile.asset, streams: [] })), { status: 400, code: 'malformed-request' })
    })
  })

  test('of a node that is alone: no peers, its own turns, and a refusal to ask anybody', async () => {
    await withNode(async (node) => {
      assert.deepEqual((await getJson(node, '/v1/peers')).json, { isAlone: true, id: null, identity: null, addresses: [], peers: [] })
      assert.equal((await getJson(node, '/v1/peers/graph')).json['isAlone'], true)
      const { json } = await getJson(node, '/v1/authorities')
      assert.deepEqual([json['isAlone'], json['needed'], (json['authorities'] as unknown[]).length], [true, 1, 1])
      assert.deepEqual((await getJson(node, '/v1/pool')).json, { count: 0, bytes: 0, oldest: null, senders: [] })
      assert.deepEqual((await getJson(node, '/v1/refused-blocks')).json, { isAlone: true, counts: [], blocks: [], doubleVotes: [] })
      assert.equal((await getJson(node, '/health')).json['stalled'], null)
      assertProblem(await readAnswer(await fetch(`${node.url}/v1/peers/sync`, { method: 'POST' })), { status: 409, code: 'node-alone' })
    })
  })
})
