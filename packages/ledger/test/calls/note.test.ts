import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { suite, test } from 'node:test'
import { Decimal, EMPTY_FRONTIER, appendLeaves, bytesToHex, decodeTransaction, encode, frontierRoot, keyToAddress, leafHash, normalizeEcdsa, portable, publicKeyToCose, transactionId } from '@telltale/core'
import type { Cbor, Signer } from '@telltale/core'
import { CALLS, admit, enrolDevice, keySignature, record, recordContent, role, testIdentity, testSigner } from '@telltale/testing'
import type { RecordOptions, TestMessage } from '@telltale/testing'
import { noteLeaf } from '../../src/calls/note.ts'
import { codeOf, createWorld } from '../world.ts'
import type { World } from '../world.ts'

suite('24 correction', () => {
  const correcting = ({ operator, stream }: World, change: { first?: Cbor; last?: Cbor; what?: Cbor; content?: Cbor; sub?: string; sequence?: number } = {}): TestMessage => ({
    key: operator,
    call: CALLS.correction,
    sub: change.sub ?? stream,
    args: [change.first ?? null, change.last ?? null, change.what ?? 'odometer-replaced', change.content ?? 'new instrument cluster'],
    ...(change.sequence === undefined ? {} : { sequence: change.sequence }),
  })

  test('by an operator of scope service, about records that are there; a leaf of the notes', async () => {
    const world = await createWorld()
    const { network, owner, organisation, authority, device } = world
    for (const key of [owner, organisation, authority, device]) assert.equal(await codeOf(network, { ...correcting(world), key }), 'not-allowed')
    for (const sub of ['nothing', `${device.address}/driving`, `${device.address}/`, `${owner.address}/odometer`, '/', `${device.address} odometer`]) assert.equal(await codeOf(network, correcting(world, { sub })), 'unknown-stream', sub)
    assert.equal(await codeOf(network, correcting(world, { first: 0, last: 0 })), 'no-such-record')
    await record(network, device, 'odometer')
    await record(network, device, 'odometer')
    assert.equal(await codeOf(network, correcting(world, { first: 1, last: 2 })), 'no-such-record')
    const leaves: Uint8Array[] = []
    for (const [first, last] of [[0, 1], [1, 1], [null, null]] as const) {
      const { key, call, sub, args } = correcting(world, { first, last })
      const { id, height } = await network.send(key, call, sub, args)
      leaves.push(leafHash(encode(noteLeaf(height, network.ledger.position.timeMs, first, last, id)), network.primitives.sha256))
      const row = network.stream(device.address, 'odometer')
      assert.equal(row?.notesCount, leaves.length)
      assert.deepEqual(row?.notesRoot, frontierRoot(appendLeaves(EMPTY_FRONTIER, leaves, network.primitives.sha256), network.primitives.sha256))
    }
    assert.equal(network.stream(device.address, 'odometer')?.count, 2)
  })

  test('says text, or up to 32 values by name', async () => {
    const world = await createWorld()
    const { network } = world
    const many = (count: number): Cbor => new Map(Array.from({ length: count }, (_, i) => [`value ${i}`, i]))
    const wrong: Cbor[] = [null, 5, [], new Map(), many(33), new Map([[1, 1]]), new Map([['a', true]]), new Map([['a', null]]), new Map([['a', []]]), new Map([['x'.repeat(65), 1]]), 'x'.repeat(1025), new Map([['a', 'x'.repeat(1025)]])]
    for (const content of wrong) assert.equal(await codeOf(network, { ...correcting(world), args: [null, null, 'what', content] }), 'wrong-shape')
    for (const [first, last] of [[0, null], [null, 0], [1, 0], [-1, 0]] as const) assert.equal(await codeOf(network, { ...correcting(world), args: [first, last, 'what', 'text'] }), 'wrong-shape')
    assert.equal(await codeOf(network, correcting(world, { what: 'x'.repeat(65) })), 'wrong-shape')
    for (const content of [many(32), new Map<string, Cbor>([['km', new Decimal(1589, -1)], ['by', 'workshop']]), 'x'.repeat(1024)]) assert.equal(await codeOf(network, correcting(world, { content })), 'accepted')
  })

  test('as many as the network allows, an organisation and stream: more authors do not help', async () => {
    const world = await createWorld({ parameters: { notesMax: 3 } })
    const { network, organisation, authority } = world
    const [colleague, another] = [testIdentity(70), testIdentity(71)] as const
    await admit(network, colleague, { roles: [role('operator', 'service')], by: organisation })
    await admit(network, another, { roles: [role('operator', 'service')], by: authority })
    for (let i = 0; i < 2; i++) assert.equal(await codeOf(network, correcting(world)), 'accepted')
    assert.equal(await codeOf(network, { ...correcting(world), key: colleague }), 'accepted')
    assert.equal(await codeOf(network, correcting(world)), 'too-many-notes')
    assert.equal(await codeOf(network, { ...correcting(world), key: colleague }), 'too-many-notes')
    assert.equal(await codeOf(network, { ...correcting(world), key: another }), 'accepted')
    await network.send(world.owner, CALLS.addStream, world.asset.id, [world.device.address, 'driving', null])
    assert.equal(await codeOf(network, correcting(world, { sub: `${world.device.address}/driving` })), 'accepted')
  })
})

suite('26 fork', () => {
  /** Two records that the device signed for one place, in ascending order of id. */
  const twins = async ({ network, device }: World, one: RecordOptions = {}, other: RecordOptions = { epoch: 0 }, signer = device): Promise<[Uint8Array, Uint8Array]> => {
    const sign = async (options: RecordOptions): Promise<Uint8Array> => {
      const { args, sequence } = recordContent(network, device, 'odometer', { sequence: 0, ...options })
      return network.sign({ key: signer, call: CALLS.record, sub: 'odometer', args, sequence })
    }
    return ascending([await sign(one), await sign(other)])
  }
  const idOf = (bytes: Uint8Array): string => bytesToHex(transactionId(decodeTransaction(bytes), portable))
  const ascending = (pair: Uint8Array[]): [Uint8Array, Uint8Array] => pair.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1)) as [Uint8Array, Uint8Array]
  const showing = ({ custodian, stream }: World, pair: Cbor[], change: Partial<TestMessage> = {}): TestMessage => ({ key: custodian, call: CALLS.fork, sub: stream, args: pair, ...change })

  test('anyone admitted shows two statements of a device for one place; nothing has to be in the log', async () => {
    const world = await createWorld()
    const { network, device, owner } = world
    const pair = await twins(world)
    assert.equal(await codeOf(network, showing(world, pair)), 'accepted')
    assert.equal(await codeOf(network, showing(world, pair, { key: owner })), 'accepted')
    assert.equal(network.stream(device.address, 'odometer')?.notesCount, 2)
    assert.equal(network.stream(device.address, 'odometer')?.count, 0)
  })

  test('what is no fork is refused', async () => {
    const world = await createWorld()
    const { network, device, owner, stream } = world
    const [one, other] = await twins(world)
    const [later] = await twins(world, { sequence: 1 }, { sequence: 1, epoch: 0 })
    const elsewhere = await createWorld({ parameters: { name: 'elsewhere' } })
    const [foreign] = await twins(elsewhere)
    const stranger = await twins(world, {}, { epoch: 0 }, { ...device, signer: testSigner(99) })
    assert.equal(await codeOf(network, showing(world, [one, one])), 'not-a-fork')
    assert.equal(await codeOf(network, showing(world, [other, one])), 'not-a-fork')
    assert.equal(await codeOf(network, showing(world, ascending([one, later]))), 'not-a-fork')
    assert.equal(await codeOf(network, showing(world, [foreign, other])), 'wrong-network')
    assert.equal(await codeOf(network, showing(world, stranger)), 'invalid-signature')
    assert.equal(await codeOf(network, showing(world, await twins(world, {}, { epoch: 0 }, { ...device, signer: testSigner(15, 'EdDSA', 3) }))), 'unknown-key')
    await network.send(owner, CALLS.addStream, world.asset.id, [device.address, 'driving', null])
    assert.equal(await codeOf(network, showing(world, [one, other], { sub: `${device.address}/driving` })), 'not-a-fork')
    assert.equal(await codeOf(network, showing(world, [one, other], { sub: `${device.address}/nowhere` })), 'unknown-stream')
    assert.equal(await codeOf(network, showing(world, [one, new Uint8Array(3)])), 'malformed-cbor')
    assert.equal(await codeOf(network, showing(world, [one])), 'wrong-shape')
    assert.equal(await codeOf(network, showing(world, [one, other], { sub: stream })), 'accepted')
  })

  test('the same statement signed twice is no fork: its id is the same', async () => {
    const world = await createWorld()
    const { network, owner, asset } = world
    // OpenSSL signs with a random number each time, so that one statement gets two signatures that both hold.
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x, y } = publicKey.export({ format: 'jwk' })
    const material = new Uint8Array(Buffer.concat([Buffer.from(x as string, 'base64url'), Buffer.from(y as string, 'base64url')]))
    const signer: Signer = { publicKey: { algorithm: 'ES256', material }, keyNumber: 0, sign: (message) => normalizeEcdsa('ES256', new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }))) }
    const device = { address: keyToAddress(signer.publicKey, portable), signer }
    await enrolDevice(network, { asset, device, streams: ['odometer'] })
    const own = { ...world, device, stream: `${device.address}/odometer` }
    const [one, again] = [(await twins(own))[0], (await twins(own))[0]]
    assert.equal(idOf(one), idOf(again))
    assert.notDeepEqual(one, again)
    assert.equal(await codeOf(network, showing(own, [one, again])), 'not-a-fork')
    assert.equal(await codeOf(network, showing(own, await twins(own), { key: owner })), 'accepted')
  })

  test('also with a key that was rotated since', async () => {
    const world = await createWorld()
    const { network, device } = world
    const pair = await twins(world)
    const next = { address: device.address, signer: testSigner(97, 'ES256', 1) }
    await network.send(device, CALLS.rotate, device.address, [1, publicKeyToCose(next.signer.publicKey), await keySignature(network, next, 'rotation')])
    assert.equal(await codeOf(network, showing(world, pair)), 'accepted')
    const [renewed] = await twins(world, { epoch: 1 }, { epoch: 1, cites: new Uint8Array(32) }, next)
    assert.equal(await codeOf(network, showing(world, ascending([pair[0], renewed]))), 'accepted')
  })

  test('not by somebody without a role, nor without end', async () => {
    const world = await createWorld({ parameters: { notesMax: 1 } })
    const { network, authority, custodian, owner } = world
    const pair = await twins(world)
    await network.send(authority, CALLS.suspend, custodian.address, ['reason'])
    assert.equal(await codeOf(network, showing(world, pair)), 'role-not-in-force')
    assert.equal(await codeOf(network, showing(world, pair, { key: owner })), 'accepted')
    assert.equal(await codeOf(network, showing(world, pair, { key: owner })), 'too-many-notes')
  })
})
