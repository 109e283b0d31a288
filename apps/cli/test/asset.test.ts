import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { suite, test } from 'node:test'
import { beside, withData } from './scratch-data.ts'
import type { Data } from './scratch-data.ts'

const VIN = '4T1BF1FK7HU654321'

interface Shown {
  asset: string
  owner: string
  transfers: number
  attributes: Record<string, string | number>
}

/** A network with a car whose owner is admitted. */
async function enrolCar(data: Data): Promise<string> {
  await data.ok('init')
  const { asset } = await data.ok<{ asset: string }>('asset', 'enrol', '--vin', VIN.toLowerCase(), '--make', 'Northwind', '--year', '2017')
  return asset
}

suite('asset enrol', () => {
  test('keeps what is said here, and a certificate shows it', async () => {
    await withData(async (data) => {
      const asset = await enrolCar(data)
      const shown = await data.ok<Shown>('asset', 'show')
      assert.deepEqual([shown.asset, shown.attributes], [asset, { vin: VIN, make: 'Northwind', year: 2017 }])
      await data.importDrive('short')
      await data.ok('certificate', '--stream', 'odometer', '--out', data.path('car.telltale'))
      const holds = await data.run('verify', data.path('car.telltale'), '--vin', VIN)
      const { lamps } = JSON.parse(holds.output) as { lamps: { car: { state: string } } }
      assert.equal(lamps.car.state, 'holds')
    })
  })

  test('refuses what cannot be, and says what would', async () => {
    await withData(async (data) => {
      assert.equal((await data.run('asset', 'enrol')).code, 'no-data')
      await data.ok('init')
      assert.equal((await data.run('asset', 'show')).code, 'asset-needed')
      assert.equal((await data.run('asset', 'enrol', '--vin', 'ABC')).code, 'malformed-vin')
      assert.equal((await data.run('asset', 'enrol', '--vin', VIN.replace('B', 'O'))).code, 'malformed-vin')
      assert.equal((await data.run('asset', 'enrol', '--gtin', '09506000134353')).code, 'malformed-gtin')
      assert.equal((await data.run('asset', 'enrol', '--year', 'old')).code, 'usage')
      assert.equal((await data.run('asset', 'enrol', '--owner', 'nobody')).code, 'key-file-not-found')
      await data.ok('keys', 'new', 'plant')
      const { owner } = await data.ok<{ owner: string }>('asset', 'enrol', '--gtin', '09506000134352', '--serial', '48213', '--owner', 'plant')
      assert.equal(owner, (await data.ok<{ address: string }>('keys', 'show', 'plant')).address)
      await data.ok('asset', 'enrol')
      assert.equal((await data.ok<{ assets: unknown[] }>('asset', 'list')).assets.length, 2)
      assert.equal((await data.run('asset', 'show')).code, 'asset-needed', 'which of the two')
    })
  })
})

suite('asset transfer', () => {
  test('with both keys in the directory it is done at once', async () => {
    await withData(async (data) => {
      const asset = await enrolCar(data)
      await data.ok('keys', 'new', 'buyer')
      const { address } = await data.ok<{ address: string }>('keys', 'show', 'buyer')
      await data.ok('asset', 'transfer', '--to', 'buyer')
      const shown = await data.ok<Shown>('asset', 'show')
      assert.deepEqual([shown.owner, shown.transfers], [address, 1])
      assert.equal((await data.run('asset', 'transfer', '--to', 'buyer')).code, 'already-owner')
      await data.ok('asset', 'transfer', '--to', 'owner')
      assert.equal((await data.ok<Shown>('asset', 'show', '--asset', asset)).transfers, 2)
    })
  })

  test('otherwise the new owner consents elsewhere, with nothing but a key', async () => {
    await withData(async (data) => {
      await enrolCar(data)
      const buyer = beside(data, 'buyer')
      await buyer.ok('keys', 'new', 'me')
      const { address } = await buyer.ok<{ address: string }>('keys', 'show', 'me')
      assert.equal((await data.run('asset', 'transfer', '--to', address)).code, 'consent-needed')
      assert.equal((await data.run('asset', 'transfer', '--to', 'nobody')).code, 'unknown-name')
      assert.equal((await data.run('asset', 'transfer')).code, 'usage')
      const [request, consent] = [data.path('offer.json'), data.path('yes.json')]
      await data.ok('asset', 'transfer', '--to', address, '--request', request)
      assert.equal((await data.ok<Shown>('asset', 'show')).transfers, 0, 'nothing changed yet')
      await buyer.ok('asset', 'consent', request, '--key', 'me', '--out', consent)
      assert.ok((await readFile(consent, 'utf8')).includes(VIN), 'the new owner learns which car it is')
      await data.ok('asset', 'transfer', '--consent', consent)
      assert.equal((await data.ok<Shown>('asset', 'show')).owner, address)
      assert.equal((await data.run('asset', 'transfer', '--consent', consent)).code, 'stale-consent', 'it cannot be used again')
      assert.equal((await data.run('asset', 'transfer', '--to', 'owner')).code, 'no-key', 'who sold it owns it no more')
    })
  })

  test('a consent by another key, for something else, or changed on the way is refused', async () => {
    await withData(async (data) => {
      await enrolCar(data)
      const buyer = beside(data, 'buyer')
      for (const name of ['me', 'other']) await buyer.ok('keys', 'new', name)
      const { address } = await buyer.ok<{ address: string }>('keys', 'show', 'me')
      const [request, consent] = [data.path('offer.json'), data.path('yes.json')]
      await data.ok('asset', 'transfer', '--to', address, '--request', request)
      assert.equal((await buyer.run('asset', 'consent', request, '--key', 'other', '--out', consent)).code, 'wrong-key')
      assert.equal((await buyer.run('asset', 'consent', await data.write('noise', '{"telltale": 1}'), '--key', 'me', '--out', consent)).code, 'malformed-transfer-file')
      const log = await data.write('drive.log', 'not a consent')
      assert.equal((await buyer.run('asset', 'consent', request, '--key', 'me', '--out', log)).code, 'file-exists')
      await buyer.ok('asset', 'consent', request, '--key', 'me', '--out', consent)
      const text = await readFile(consent, 'utf8')
      const { signature } = JSON.parse(text) as { signature: string }
      const forged = await data.write('forged', text.replace(signature, signature.replace(/^../, (byte) => (byte === '00' ? '01' : '00'))))
      assert.equal((await data.run('asset', 'transfer', '--consent', forged)).code, 'invalid-signature')
      const elsewhere = beside(data, 'elsewhere')
      await enrolCar(elsewhere)
      assert.equal((await elsewhere.run('asset', 'transfer', '--consent', consent)).code, 'wrong-network')
      await data.ok('asset', 'transfer', '--consent', consent)
    })
  })

  test('devices follow by themselves: a new epoch, and only the new owner commands them', async () => {
    await withData(async (data) => {
      await enrolCar(data)
      await data.importDrive('short')
      await data.ok('keys', 'new', 'reader')
      await data.ok('send', 'admit', '[{"key": "reader"}, {"signature": "reader"}, {"address": "authority"}, [["owner", null, null]]]', '--key', 'authority', '--sub', 'reader')
      await data.ok('keys', 'seal', 'reader')
      await data.ok('device', 'grant', '--stream', 'odometer', '--reader', 'reader')
      await data.ok('keys', 'new', 'buyer')
      await data.ok('asset', 'transfer', '--to', 'buyer')
      await data.importDrive('second')
      const device = await data.ok<{ streams: { name: string; epoch: number }[]; grants: { epoch: number }[] }>('device', 'show')
      assert.deepEqual(device.streams.map((stream) => stream.epoch), [1, 1])
      assert.deepEqual(device.grants.map((grant) => grant.epoch), [0], 'who could read before reads no further')
      await data.ok('device', 'grant', '--stream', 'odometer', '--reader', 'reader')
      const after = await data.ok<{ grants: { epoch: number }[] }>('device', 'show')
      assert.deepEqual(after.grants.map((grant) => grant.epoch), [0, 0, 1], 'the new owner may let others read')
    })
  })
})
