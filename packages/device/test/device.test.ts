import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { TelltaleError, bytesToHex, decodeTransaction, isRefusalBy, portable, recordArgsFromCbor, transactionId } from '@telltale/core'
import { openDevice } from '../src/device.ts'
import { decodeState } from '../src/state.ts'
import { epochIn } from './fake-ledger.ts'
import { ASSET, AUTHORITY, DEVICE, NETWORK, authorityOf, person } from './people.ts'
import { createRig, pinOf, reading } from './rig.ts'
import type { Rig } from './rig.ts'

const coded = (code: string) => (error: unknown) => error instanceof TelltaleError && error.code === code

async function recordAndFlush(rig: Rig, values: number[], stream = 'odometer'): Promise<Awaited<ReturnType<typeof openDevice>>> {
  const device = await openDevice(rig.start())
  for (const value of values) await device.record(stream, 0, [reading(value)])
  await device.flush()
  return device
}

suite('device', () => {
  test('records continue each other, across restarts', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1, 2])
    await recordAndFlush(rig, [3])
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [1, 2, 3])
    const [first, second, third] = rig.ledger.said('odometer').map((item) => recordArgsFromCbor(item.args))
    assert.deepEqual(third?.previous, transactionId(rig.ledger.said('odometer')[1]!, portable))
    assert.deepEqual(first?.boot, second?.boot)
    assert.notDeepEqual(second?.boot, third?.boot, 'each start has its own boot number')
  })

  test('open records carry their body as it is, and no epoch', async () => {
    const rig = createRig(['odometer'], { isOpen: true })
    await recordAndFlush(rig, [1, 2])
    assert.deepEqual(rig.ledger.values('odometer', new Map()), [1, 2])
    assert.equal(rig.disk.secrets.size, 0)
  })

  test('calls may be made without waiting: they are done one after the other', async () => {
    const rig = createRig(['odometer', 'driving'])
    const device = await openDevice(rig.start())
    const work = [1, 2, 3, 4].flatMap((value) => [device.record('odometer', 0, [reading(value)]), device.record('driving', 0, [reading(value)]), device.flush()])
    await Promise.all(work)
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [1, 2, 3, 4])
    assert.deepEqual(rig.ledger.values('driving', rig.disk.secrets), [1, 2, 3, 4])
  })

  test('without a way to the ledger it goes on recording, and sends later', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1])
    rig.ledger.refuse('pool-full')
    const offline = await openDevice(rig.start())
    await offline.record('odometer', 0, [reading(2)])
    await assert.rejects(offline.flush(), coded('pool-full'))
    const restarted = await openDevice(rig.start())
    await restarted.record('odometer', 0, [reading(3)])
    await assert.rejects(restarted.flush(), coded('pool-full'))
    rig.ledger.refuse(null)
    await restarted.flush()
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [1, 2, 3])
    assert.deepEqual(restarted.resumed, [])
  })

  test('a stream that the ledger does not know is refused', async () => {
    const device = await openDevice(createRig(['odometer']).start())
    await assert.rejects(device.record('driving', 0, [reading(1)]), coded('unknown-stream'))
  })

  test('readings that one body cannot hold are refused before anything is signed', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    const long = Array.from({ length: 2200 }, (_, i) => ({ path: 'Vehicle.Note', timeMs: i, value: 'x'.repeat(4000), unit: null, source: '' }))
    await assert.rejects(device.record('odometer', 0, long), coded('record-too-large'))
    await device.record('odometer', 0, [reading(1)])
    await device.flush()
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [1])
  })
})

suite('lost state', () => {
  test('goes on with a resume from the head of the ledger, in the same epoch', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1, 2])
    rig.disk.state = null
    const device = await recordAndFlush(rig, [3])
    assert.deepEqual(device.resumed, ['odometer'])
    assert.deepEqual(rig.ledger.said('odometer').map((item) => item.call), [16, 16, 17, 16])
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [1, 2, 3])
    assert.equal(epochIn(rig.ledger.said('odometer')[3]!), 0)
  })

  test('a damaged state is not taken for a lost one', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1])
    const whole = rig.disk.state!
    for (const damaged of [whole.subarray(0, whole.length - 1), new Uint8Array(0), whole.map((byte, i) => (i === 1 ? byte ^ 1 : byte))]) {
      rig.disk.state = damaged
      await assert.rejects(openDevice(rig.start()), coded('device-state-damaged'))
    }
    rig.disk.state = whole
    await recordAndFlush(rig, [2])
  })

  test('with the secrets lost too, a new epoch begins', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1, 2])
    rig.disk.state = null
    rig.disk.secrets.clear()
    await recordAndFlush(rig, [3])
    assert.equal(epochIn(rig.ledger.said('odometer')[3]!), 1)
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [3])
  })

  test('with only the secrets lost, a new epoch begins and nothing is resumed', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1])
    rig.disk.secrets.clear()
    const device = await recordAndFlush(rig, [2, 3])
    assert.deepEqual(device.resumed, [])
    assert.deepEqual(rig.ledger.said('odometer').map(epochIn), [0, 1, 1])
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [2, 3])
  })

  test('an older state is noticed before it signs for a place twice', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1])
    const older = rig.disk.state
    await recordAndFlush(rig, [2, 3])
    rig.disk.state = older
    const device = await recordAndFlush(rig, [4])
    assert.deepEqual(device.resumed, ['odometer'])
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [1, 2, 3, 4])
    for (let sequence = 0; sequence < 5; sequence++) assert.equal(rig.ledger.idsAt('odometer', sequence), 1)
    assert.deepEqual(device.forks, [])
  })

  test('what waited in an older state is kept, and shown as a fork with what stands there', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1])
    rig.ledger.refuse('pool-full')
    await assert.rejects(recordAndFlush(rig, [2, 3]), coded('pool-full'))
    const older = rig.disk.state
    rig.ledger.refuse(null)
    rig.disk.state = null
    await recordAndFlush(rig, [4])
    rig.disk.state = older
    const device = await openDevice(rig.start())
    // Place 1 holds the resume and place 2 record 4; 3 had been signed for place 2.
    assert.deepEqual(device.forks, [{ stream: 'odometer', sequence: 1 }, { stream: 'odometer', sequence: 2 }])
    assert.deepEqual(device.refused.map((item) => item.code), ['sequence-taken', 'sequence-taken'])
    assert.equal(rig.disk.refused.length, 2)
    const notes = rig.ledger.said(`${DEVICE.address}/odometer`)
    assert.deepEqual(notes.map((note) => note.call), [26, 26])
    for (const note of notes) {
      const [one, other] = note.args.map((bytes) => bytesToHex(transactionId(decodeTransaction(bytes as Uint8Array), portable)))
      assert.ok(one! < other!, 'in ascending order of id')
    }
    await device.record('odometer', 0, [reading(5)])
    await device.flush()
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [1, 4, 5])
    assert.deepEqual((await openDevice(rig.start())).forks, [], 'it is said once')
  })

  test('a record that surfaces for a place that is free waits until it is taken', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1])
    rig.ledger.refuse('pool-full')
    await assert.rejects(recordAndFlush(rig, [2]), coded('pool-full'))
    rig.ledger.refuse(null)
    const { pending } = decodeState(rig.disk.state!)
    rig.disk.state = null
    const device = await openDevice(rig.start())
    await device.surface(pending[0]!.bytes)
    await device.flush()
    assert.deepEqual(device.forks, [])
    await device.record('odometer', 0, [reading(3)])
    await device.flush()
    assert.deepEqual(device.forks, [{ stream: 'odometer', sequence: 1 }])
  })

  test('what is not a record of this device is not taken up', async () => {
    const rig = createRig(['odometer'])
    const device = await recordAndFlush(rig, [1])
    const { bytes } = rig.ledger.said('odometer')[0]!
    await device.surface(bytes)
    await device.flush()
    assert.deepEqual(device.forks, [], 'it stands in the ledger')
    const other = person('other')
    const foreign = await openDevice({ ...rig.start(), address: other.address, signer: other.signer, storage: { load: async () => null, save: async () => undefined } })
    await assert.rejects(foreign.surface(bytes), coded('not-ours'))
  })

  test('a ledger that ends before what it certified is not followed, unless the device is told to', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1, 2, 3])
    rig.ledger.lose('odometer', 2)
    const device = await openDevice(rig.start())
    await device.record('odometer', 0, [reading(4)])
    await assert.rejects(device.flush(), coded('ledger-behind'))
    await device.giveUp('odometer')
    await device.record('odometer', 0, [reading(5)])
    await device.flush()
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [1, 5])
    assert.deepEqual(rig.disk.refused.map((item) => [item.sequence, item.code]), [[3, 'given-up']])
  })

  test('a gateway that lies about where a stream stands makes it sign for no place twice', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1, 2, 3, 4])
    const parts = rig.start()
    const sent: number[] = []
    let count = 4
    const streamHead = async (): Promise<{ count: number; head: Uint8Array; epoch: number }> => ({ count, head: new Uint8Array(32).fill(9), epoch: 0 })
    const submit = async ({ bytes }: { bytes: Uint8Array }): Promise<void> => void sent.push(decodeTransaction(bytes).sequence)
    const lied = await openDevice({ ...parts, submitter: { ...parts.submitter, streamHead, submit } })
    count = 2
    await assert.rejects(lied.record('odometer', 0, [reading(5)]), coded('ledger-behind'))
    await lied.flush()
    assert.deepEqual(sent, [])
    // Nor after a start: that it has to ask, and from where on, is in its state.
    const device = await openDevice({ ...parts, submitter: { ...parts.submitter, streamHead, submit } })
    await assert.rejects(device.record('odometer', 0, [reading(5)]), coded('ledger-behind'))
    const honest = await recordAndFlush(rig, [5])
    assert.deepEqual(honest.resumed, ['odometer'])
    assert.deepEqual(rig.ledger.said('odometer').map(({ sequence, call }) => [sequence, call]), [[0, 16], [1, 16], [2, 16], [3, 16], [4, 17], [5, 16]])
  })
})

suite('refusals', () => {
  test('one that is permanent and signed takes a record out of the outbox, and what continues it', async () => {
    const rig = createRig(['odometer', 'driving'])
    await recordAndFlush(rig, [1])
    rig.ledger.refuse('role-not-in-force', true)
    const device = await openDevice(rig.start())
    await device.record('odometer', 0, [reading(2)])
    await device.record('odometer', 0, [reading(3)])
    await device.flush()
    assert.deepEqual(device.refused.map((item) => item.code), ['role-not-in-force', 'role-not-in-force'])
    assert.deepEqual(rig.disk.refused.map((item) => item.sequence), [1, 2])
    const [kept] = rig.disk.refused
    assert.equal(kept!.attachments.length, 1, 'with its body')
    assert.ok(await isRefusalBy(kept!.refusal!, NETWORK, [authorityOf(AUTHORITY)], portable))
    rig.ledger.refuse(null)
    const later = await recordAndFlush(rig, [4])
    assert.deepEqual(later.resumed, ['odometer'])
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [1, 4])
  })

  test('one by somebody else, or that is only an error, takes nothing out', async () => {
    const rig = createRig(['odometer'])
    rig.ledger.refuse('role-not-in-force', true)
    const stranger = { ...pinOf(person('owner')), set: [authorityOf(person('stranger'))] }
    const device = await openDevice({ ...rig.start(), pin: stranger })
    await device.record('odometer', 0, [reading(1)])
    await assert.rejects(device.flush(), coded('role-not-in-force'))
    rig.ledger.refuse('role-not-in-force', false)
    await assert.rejects(device.flush(), coded('role-not-in-force'))
    assert.equal(rig.disk.refused.length, 0)
    rig.ledger.refuse(null)
    await device.flush()
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [1])
  })

  test('the pin that the state holds goes before that of a later start', async () => {
    const rig = createRig(['odometer'])
    await recordAndFlush(rig, [1])
    const device = await openDevice({ ...rig.start(), pin: pinOf(person('thief')) })
    assert.equal(device.pin.owner.address, person('owner').address)
    assert.equal(device.pin.asset, ASSET)
  })
})
