import assert from 'node:assert/strict'
import { copyFile, readFile, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { fail, isRefusalBy } from '@telltale/core'
import { createFileStorage, createRefusedFolder, openDevice, readRefusedFolder } from '@telltale/device'
import { createSecretsFile, openHome, ownerNow, streamHeadOf } from '@telltale/node'
import type { DeviceProfile } from '@telltale/node'
import { openHomeDevice } from '../src/home-device.ts'
import { withData } from './scratch-data.ts'
import type { Data, Ended } from './scratch-data.ts'

interface Device {
  device: string
  isActive: boolean
  streams: { name: string; count: number; epoch: number; discontinuities: number; notes: number }[]
  grants: { reader: string; stream: string; epoch: number; from: number; to: number | null }[]
  refused: { subject: string; sequence: number; code: string }[]
}

async function openCar(data: Data, readers: string[] = []): Promise<Device> {
  await data.ok('init')
  await data.importDrive('short')
  for (const name of readers) {
    await data.ok('keys', 'new', name)
    await data.ok('send', 'admit', `[{"key": "${name}"}, {"signature": "${name}"}, {"address": "authority"}, [["owner", null, null]]]`, '--key', 'authority', '--sub', name)
    await data.ok('keys', 'seal', name)
  }
  return data.ok<Device>('device', 'show')
}

/** Numbers of the records that somebody can read. */
async function readableBy(data: Data, reader: string, stream = 'odometer'): Promise<number[]> {
  const { output, exitCode, message } = await data.run('device', 'read', '--stream', stream, '--as', reader)
  assert.equal(exitCode, 0, message)
  return [...new Set(output.split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { record: number }).record))]
}

/** Runs something while the device's secrets are elsewhere. */
async function withoutSecrets<T>(data: Data, work: () => Promise<T>): Promise<T> {
  await rename(join(data.directory, 'secrets'), data.path('away'))
  try {
    return await work()
  } finally {
    await rename(data.path('away'), join(data.directory, 'secrets'))
  }
}

suite('device grant', () => {
  test('a range opens exactly that range, also where the device\'s secrets are not', async () => {
    await withData(async (data) => {
      await openCar(data, ['insurer'])
      await data.ok('device', 'grant', '--stream', 'odometer', '--reader', 'insurer', '--from', '1', '--to', '2')
      await data.ok('device', 'grant', '--stream', 'odometer', '--reader', 'insurer', '--from', '3', '--to', '3')
      assert.deepEqual(await readableBy(data, 'insurer'), [1, 2, 3])
      assert.deepEqual(await readableBy(data, 'insurer', 'driving'), [])
      assert.deepEqual(await readableBy(data, 'owner'), [], 'nobody else')
      await withoutSecrets(data, async () => {
        assert.equal((await data.run('certificate', '--stream', 'odometer', '--out', data.path('all.telltale'))).code, 'no-keys')
        await data.ok('certificate', '--stream', 'odometer', '--disclose', '1..3', '--out', data.path('some.telltale'))
        const exported = await data.run('export', '--stream', 'odometer', '--format', 'json')
        const records = new Set(exported.output.trim().split('\n').map((line) => (JSON.parse(line) as { record: number }).record))
        assert.deepEqual([...records], [1, 2, 3])
      })
      const verified = JSON.parse((await data.run('verify', data.path('some.telltale'))).output) as { lamps: Record<string, { state: string }>; odometer: unknown }
      assert.equal(verified.lamps['genuine']?.state, 'holds')
      assert.notEqual(verified.odometer, null, 'it says what the odometer showed')
    })
  })

  test('who was revoked cannot read what comes later, others can', async () => {
    await withData(async (data) => {
      await openCar(data, ['insurer', 'workshop'])
      for (const reader of ['insurer', 'workshop']) await data.ok('device', 'grant', '--stream', 'odometer', '--reader', reader)
      assert.equal((await data.run('device', 'grant', '--stream', 'odometer', '--reader', 'insurer')).code, 'already-granted')
      const revoked = await data.ok<{ from: number; standing: string[] }>('device', 'revoke', '--stream', 'odometer', '--reader', 'insurer')
      assert.deepEqual([revoked.from, revoked.standing.length], [6, 1])
      await data.importDrive('second')
      assert.deepEqual(await readableBy(data, 'insurer'), [0, 1, 2, 3, 4, 5])
      assert.equal((await readableBy(data, 'workshop')).length, 15)
      const device = await data.ok<Device>('device', 'show')
      const epochs = new Map(device.streams.map((stream) => [stream.name, stream.epoch]))
      assert.deepEqual([epochs.get('driving'), epochs.get('odometer')], [0, 1], 'only that stream began a new epoch')
      await data.ok('device', 'revoke', '--stream', 'odometer')
      await data.importDrive('short')
      assert.equal((await readableBy(data, 'workshop')).length, 15)
    })
  })

  test('a new seal key gets new grants, and the old ones stay open', async () => {
    await withData(async (data) => {
      await openCar(data, ['insurer'])
      await data.ok('device', 'grant', '--stream', 'odometer', '--reader', 'insurer', '--to', '1')
      await data.ok('keys', 'seal', 'insurer')
      await data.ok('device', 'grant', '--stream', 'odometer', '--reader', 'insurer', '--from', '4', '--to', '4')
      assert.deepEqual(await readableBy(data, 'insurer'), [0, 1, 4])
    })
  })

  test('a grant whose days are over is dropped, and opens nothing for who did not fetch it', async () => {
    await withData(async (data) => {
      await openCar(data, ['insurer'])
      await data.ok('device', 'grant', '--stream', 'odometer', '--reader', 'insurer', '--to', '2', '--days', '0')
      assert.deepEqual(await readableBy(data, 'insurer'), [0, 1, 2])
      await data.importDrive('second')
      assert.deepEqual(await readableBy(data, 'insurer'), [])
    })
  })

  test('used wrongly it says what to do', async () => {
    await withData(async (data) => {
      await openCar(data)
      const grant = (...args: string[]): Promise<Ended> => data.run('device', 'grant', '--reader', 'owner', ...args)
      assert.equal((await grant('--stream', 'odometer')).code, 'no-seal-key')
      assert.equal((await grant('--stream', 'comfort')).code, 'unknown-stream')
      assert.equal((await grant()).code, 'stream-needed')
      await data.ok('keys', 'seal', 'owner')
      assert.equal((await grant('--stream', 'odometer', '--from', '3', '--to', '2')).code, 'usage')
      assert.equal((await grant('--stream', 'odometer', '--days', '1000000')).code, 'usage')
      assert.equal((await data.run('device', 'grant', '--stream', 'odometer', '--reader', 'nobody')).code, 'unknown-name')
      assert.equal((await grant('--stream', 'odometer', '--from', '4')).exitCode, 0)
    })
  })
})

suite('device forget', () => {
  test('drops what records say; a certificate says so, and the proof of the rest stays', async () => {
    await withData(async (data) => {
      await openCar(data)
      assert.equal((await data.run('device', 'forget', '--stream', 'driving', '--from', '0', '--to', '2')).code, 'confirmation-needed')
      const forgotten = await data.ok<{ dropped: { bodies: number } }>('device', 'forget', '--stream', 'driving', '--from', '0', '--to', '2', '--yes')
      assert.equal(forgotten.dropped.bodies, 3)
      const out = data.path('driving.telltale')
      assert.equal((await data.run('certificate', '--stream', 'driving', '--out', out)).code, 'body-dropped')
      await data.ok('certificate', '--stream', 'driving', '--disclose', '3..5', '--out', out)
      const verified = JSON.parse((await data.run('verify', out)).output) as { lamps: Record<string, { state: string }> }
      assert.deepEqual([verified.lamps['genuine']?.state, verified.lamps['complete']?.state], ['holds', 'holds'])
      const again = await data.ok<{ dropped: { bodies: number } }>('device', 'forget', '--stream', 'driving', '--from', '0', '--to', '2', '--yes')
      assert.equal(again.dropped.bodies, 0, 'it may be repeated')
    })
  })

  test('a whole epoch takes its secret and its grants with it, and the device goes on in the next', async () => {
    await withData(async (data) => {
      const { device } = await openCar(data, ['insurer'])
      await data.ok('device', 'grant', '--stream', 'odometer', '--reader', 'insurer', '--from', '0', '--to', '5')
      const secretsOf = async (): Promise<string> => readFile(join(data.directory, 'secrets', `${device}.json`), 'utf8')
      const before = await secretsOf()
      const { dropped } = await data.ok<{ dropped: unknown }>('device', 'forget', '--stream', 'odometer', '--yes')
      assert.deepEqual(dropped, { bodies: 6, grants: 1 })
      assert.deepEqual(await readableBy(data, 'insurer'), [])
      const home = await openHome({ directory: data.directory, password: undefined })
      const secrets = createSecretsFile(data.directory, device, undefined)
      assert.deepEqual([await secrets.has('odometer', 0), await secrets.has('odometer', 1), await secrets.has('driving', 0)], [false, true, true])
      await home.close()
      assert.notEqual(await secretsOf(), before)
      await data.importDrive('second')
      const shown = await data.ok<Device>('device', 'show')
      assert.deepEqual(shown.streams.find((stream) => stream.name === 'odometer')?.epoch, 1)
      await data.ok('certificate', '--stream', 'odometer', '--from', '6', '--out', data.path('later.telltale'))
    })
  })
})

suite('devices that may sign no more', () => {
  test('a retired one is not imported for', async () => {
    await withData(async (data) => {
      await openCar(data)
      await data.ok('device', 'retire', '--reason', 'replaced after the accident')
      assert.equal((await data.run('device', 'retire', '--reason', 'twice')).code, 'unknown-device')
      assert.equal((await data.importDrive('second')).code, 'unknown-device')
      const shown = await data.ok<Device>('device', 'show')
      assert.deepEqual([shown.isActive, shown.streams.map((stream) => stream.count)], [false, [6, 6]])
    })
  })

  test('what a retired one says is refused by name, and kept', async () => {
    await withData(async (data) => {
      await openCar(data)
      const home = await openHome({ directory: data.directory, password: undefined })
      const profile = home.profile.devices[0] as DeviceProfile
      const device = await openHomeDevice(home, profile)
      await home.send({ key: await home.wallet.open('owner'), call: 11, sub: profile.asset, args: [profile.address, 'stolen'] })
      for (let i = 0; i < 3; i++) await device.record('odometer', 1, [{ path: 'Vehicle.TraveledDistance', timeMs: 1000 * i, value: 94_005_000, unit: 'm', source: 'test' }])
      await device.flush()
      assert.deepEqual(device.refused.map(({ code }) => code), ['role-not-in-force', 'follows-refused', 'follows-refused'])
      const kept = await readRefusedFolder(join(data.directory, 'devices', `${profile.address}.refused`))
      assert.deepEqual(kept.map((item) => `${item.sub} ${item.sequence}`), ['odometer 6', 'odometer 7', 'odometer 8'])
      assert.ok(await isRefusalBy(kept[0]?.refusal as Uint8Array, home.ledger.network, home.ledger.authorities(1), home.primitives))
      await home.close()
      const shown = await data.ok<Device>('device', 'show')
      assert.deepEqual([shown.isActive, shown.streams.map((stream) => stream.count)], [false, [6, 6]])
      assert.deepEqual(shown.refused.map((item) => `${item.subject} ${item.sequence}`), ['odometer 6', 'odometer 7', 'odometer 8'])
    })
  })
})

suite('device state', () => {
  test('a lost state is resumed in the same epoch, with lost secrets in a new one', async () => {
    await withData(async (data) => {
      await openCar(data)
      await rm(join(data.directory, 'devices'), { recursive: true })
      const resumed = JSON.parse((await data.importDrive('second')).output) as { resumed: string[] }
      assert.deepEqual(resumed.resumed.sort(), ['driving', 'odometer'])
      const once = await data.ok<Device>('device', 'show')
      assert.deepEqual(once.streams.map((stream) => [stream.epoch, stream.discontinuities]), [[0, 1], [0, 1]])
      for (const folder of ['devices', 'secrets']) await rm(join(data.directory, folder), { recursive: true })
      await data.importDrive('short')
      const twice = await data.ok<Device>('device', 'show')
      assert.deepEqual(twice.streams.map((stream) => [stream.epoch, stream.discontinuities]), [[1, 2], [1, 2]])
    })
  })

  test('what waited in an older state is shown as a fork, and the import says so', async () => {
    await withData(async (data) => {
      const { device } = await openCar(data)
      const state = join(data.directory, 'devices', `${device}.state`)
      await leaveWaiting(data, device)
      await copyFile(state, data.path('older.state'))
      await rm(state)
      await data.importDrive('second')
      await copyFile(data.path('older.state'), state)
      const report = JSON.parse((await data.importDrive('short', '--again')).output) as { forks: unknown[]; refused: number }
      assert.deepEqual(report.forks, [{ stream: 'odometer', sequence: 6 }])
      assert.equal(report.refused, 1)
      const shown = await data.ok<Device>('device', 'show')
      assert.deepEqual(shown.streams.find((stream) => stream.name === 'odometer')?.notes, 1)
      await data.ok('certificate', '--stream', 'odometer', '--out', data.path('forked.telltale'))
      const verified = JSON.parse((await data.run('verify', data.path('forked.telltale'))).output) as { lamps: Record<string, { state: string }>; summary: string }
      assert.deepEqual([verified.lamps['noted']?.state, verified.lamps['genuine']?.state], ['attention', 'holds'], 'attention, not refuted')
    })
  })
})

/** Lets the device sign a record that never gets out. */
async function leaveWaiting(data: Data, address: string): Promise<void> {
  const home = await openHome({ directory: data.directory, password: undefined })
  const profile = home.profile.devices[0]!
  const { signer } = await home.wallet.open(profile.key)
  const offline = async (): Promise<never> => {
    throw fail('pool-full', 'There is no way out.')
  }
  const device = await openDevice({
    signer,
    address,
    network: home.ledger.network,
    storage: createFileStorage(join(data.directory, 'devices', `${address}.state`)),
    refused: createRefusedFolder(data.path('refused'), home.primitives),
    submitter: { submit: offline, counter: offline, recordAt: offline, streamHead: async (_, stream) => streamHeadOf(home, address, stream) },
    secrets: createSecretsFile(data.directory, address, undefined),
    pin: await ownerNow(home, profile.asset),
    primitives: home.primitives,
    randomBytes: (count) => new Uint8Array(count).fill(5),
  })
  await device.record('odometer', 1, [{ path: 'Vehicle.TraveledDistance', timeMs: 1, value: 1, unit: 'm', source: 'test' }])
  await assert.rejects(device.flush())
  await home.close()
}

suite('device enrol', () => {
  test('a car may have a device that seals and one that does not', async () => {
    await withData(async (data) => {
      await data.ok('init')
      assert.equal((await data.run('device', 'enrol', '--streams', 'odometer')).code, 'asset-needed')
      await data.ok('asset', 'enrol')
      const sealed = await data.ok<{ name: string; isSealed: boolean }>('device', 'enrol', '--streams', 'odometer,driving')
      const open = await data.ok<{ name: string; isSealed: boolean; device: string }>('device', 'enrol', '--streams', 'odometer,driving', '--open', '--algorithm', 'ES256')
      assert.deepEqual([sealed.name, sealed.isSealed, open.name, open.isSealed], ['device', true, 'device-2', false])
      assert.equal((await data.run('import', 'x.log')).exitCode, 2)
      for (const name of ['device', 'device-2']) await data.importDrive('short', '--device', name)
      await withoutSecrets(data, async () => {
        assert.equal((await data.run('certificate', '--device', 'device', '--stream', 'odometer', '--out', data.path('a'))).code, 'no-keys')
        await data.ok('certificate', '--device', 'device-2', '--stream', 'odometer', '--out', data.path('b'))
      })
      assert.equal((await data.run('device', 'show')).code, 'device-needed')
      assert.equal((await data.run('device', 'grant', '--device', 'device-2', '--stream', 'odometer', '--reader', 'owner')).code, 'no-seal-key')
      await data.ok('keys', 'seal', 'owner')
      assert.equal((await data.run('device', 'grant', '--device', 'device-2', '--stream', 'odometer', '--reader', 'owner')).code, 'open-stream')
      assert.deepEqual((await readdir(join(data.directory, 'secrets'))).length, 1)
    })
  })

  test('refuses names that are none, and keys of others', async () => {
    await withData(async (data) => {
      await data.ok('init')
      await data.ok('asset', 'enrol')
      assert.equal((await data.run('device', 'enrol', '--streams', 'Odometer')).code, 'malformed-name')
      assert.equal((await data.run('device', 'enrol', '--streams', 'odometer,odometer')).code, 'usage')
      assert.equal((await data.run('device', 'enrol', '--streams', 'odometer', '--name', 'owner')).code, 'address-occupied')
      assert.equal((await data.run('device', 'list')).exitCode, 0)
    })
  })
})

suite('device correct', () => {
  test('stands beside the records, by whoever may', async () => {
    await withData(async (data) => {
      await openCar(data)
      const correct = (...args: string[]): Promise<Ended> => data.run('device', 'correct', '--stream', 'odometer', '--what', 'odometer-replaced', ...args)
      assert.equal((await correct()).code, 'usage')
      assert.equal((await correct('--text', 'x', '--values', 'a=1')).code, 'usage')
      assert.equal((await correct('--values', 'before')).code, 'usage')
      assert.equal((await correct('--text', 'x', '--from', '2', '--to', '1')).code, 'usage')
      assert.equal((await correct('--text', 'x', '--from', '2', '--to', '99')).code, 'no-such-record')
      assert.equal((await correct('--text', 'x', '--key', 'authority')).code, 'not-allowed')
      assert.equal((await correct('--values', 'before=58412.5,after=0,unit=mi', '--from', '2', '--to', '3')).exitCode, 0)
      await data.ok('certificate', '--stream', 'odometer', '--out', data.path('car.telltale'))
      const { notes } = JSON.parse((await data.run('verify', data.path('car.telltale'))).output) as { notes: { kind: string; first: number; last: number }[] }
      assert.deepEqual(notes.map(({ kind, first, last }) => [kind, first, last]), [['correction', 2, 3]])
    })
  })
})
