import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { withData } from './scratch-data.ts'
import type { Data } from './scratch-data.ts'

const ADMIT_DEALER = '[{"key": "dealer"}, {"signature": "dealer"}, {"address": "authority"}, [["operator", "service", null]]]'

async function openNetwork(data: Data): Promise<void> {
  await data.ok('init')
  await data.importDrive('short')
  await data.ok('keys', 'new', 'dealer')
}

const correct = (data: Data): ReturnType<Data['run']> => data.run('device', 'correct', '--stream', 'odometer', '--what', 'odometer-replaced', '--text', 'a new instrument cluster', '--key', 'dealer')

suite('send', () => {
  test('admits, gives and ends roles, and suspends', async () => {
    await withData(async (data) => {
      await openNetwork(data)
      assert.equal((await correct(data)).code, 'unknown-identity')
      const sent = await data.ok<{ id: string; height: number; index: number }>('send', 'admit', ADMIT_DEALER, '--key', 'authority', '--sub', 'dealer')
      assert.match(sent.id, /^[0-9a-f]{64}$/)
      assert.ok(sent.height > 0 && sent.index > 0)
      assert.equal((await data.run('send', 'admit', ADMIT_DEALER, '--key', 'authority', '--sub', 'dealer')).code, 'address-occupied')
      assert.equal((await correct(data)).exitCode, 0)
      await data.ok('send', 'roles', '[[["operator", "sales", null]]]', '--key', 'authority', '--sub', 'dealer')
      assert.equal((await correct(data)).code, 'not-allowed', 'another scope')
      await data.ok('send', 'roles', `[[["operator", "service", ${Date.now() - 1000}]]]`, '--key', 'authority', '--sub', 'dealer')
      assert.equal((await correct(data)).code, 'not-allowed', 'it expired')
      await data.ok('send', '2', `[[["operator", "service", ${Date.now() + 3_600_000}]]]`, '--key', 'authority', '--sub', 'dealer')
      assert.equal((await correct(data)).exitCode, 0, 'a call may be named by number, and this role lasts an hour')
      await data.ok('send', 'suspend', '["left the company"]', '--key', 'authority', '--sub', 'dealer')
      assert.equal((await correct(data)).code, 'not-allowed', 'it is suspended')
    })
  })

  test('only an authority admits for the network, and nobody enrols the key of another', async () => {
    await withData(async (data) => {
      await openNetwork(data)
      assert.equal((await data.run('send', 'admit', ADMIT_DEALER, '--key', 'owner', '--sub', 'dealer')).code, 'not-allowed')
      const stolen = '[{"key": "dealer"}, {"signature": "owner"}, {"address": "authority"}, [["operator", "service", null]]]'
      assert.equal((await data.run('send', 'admit', stolen, '--key', 'authority', '--sub', 'dealer')).code, 'invalid-signature')
      assert.equal((await data.run('send', 'admit', ADMIT_DEALER, '--key', 'authority', '--sub', 'owner')).code, 'invalid-signature', 'it signed for its own address')
    })
  })

  test('everything that JSON has no word for can be said', async () => {
    await withData(async (data) => {
      await openNetwork(data)
      const { devices } = await data.ok<{ devices: { device: string }[] }>('device', 'list')
      const stream = `${devices[0]?.device ?? ''}/odometer`
      await data.ok('send', 'correction', '[null, null, "odometer-replaced", {"map": {"before": {"decimal": "58412.5"}, "after": 0, "unit": "mi"}}]', '--key', 'owner', '--sub', stream)
      const byName = await data.ok<{ sub: string }>('send', 'correction', '[0, 1, "note", "text"]', '--key', 'owner', '--sub', 'device/odometer')
      assert.equal(byName.sub, stream)
      await data.ok('send', 'seal-key', `[0, {"hex": "${'09'.padEnd(64, '0')}"}]`, '--key', 'owner')
      const { asset } = await data.ok<{ asset: string }>('asset', 'show')
      const wrong = await data.run('send', 'add-stream', `[{"address": "device"}, "telemetry", {"consent": "dealer"}]`, '--key', 'authority', '--sub', asset)
      assert.equal(wrong.code, 'invalid-signature', 'a consent by somebody else')
      await data.ok('send', 'add-stream', `[{"address": "device"}, "telemetry", {"consent": "owner"}]`, '--key', 'authority', '--sub', asset)
      await data.ok('send', 'add-stream', `[{"address": "device"}, "comfort", null]`, '--key', 'owner', '--sub', asset)
    })
  })

  test('proposals and rotations', async () => {
    await withData(async (data) => {
      await openNetwork(data)
      assert.equal((await data.run('send', 'propose', '["remove-authority", {"address": "authority"}]', '--key', 'authority')).exitCode, 1, 'a network keeps one')
      assert.equal((await data.run('send', 'approve', '[{"proposal": ["remove-authority", "x"]}]', '--key', 'authority', '--sub', 'authority')).code, 'unknown-proposal')
      await data.ok('send', 'admit', ADMIT_DEALER, '--key', 'authority', '--sub', 'dealer')
      await data.ok('keys', 'new', 'dealer-next')
      assert.equal((await data.run('send', 'rotate', '[5, {"key": "dealer-next"}, {"signature": "dealer-next"}]', '--key', 'dealer')).code, 'wrong-key-number')
      await data.ok('send', 'rotate', '[1, {"key": "dealer-next"}, {"signature": "dealer-next"}]', '--key', 'dealer')
      assert.equal((await data.run('send', 'seal-key', `[0, {"hex": "${'09'.padEnd(64, '0')}"}]`, '--key', 'dealer')).code, 'key-not-in-force')
    })
  })

  test('what cannot be read is refused before anything is opened or sent', async () => {
    await withData(async (data) => {
      assert.equal((await data.run('send', 'bribe', '[]', '--key', 'owner')).code, 'unknown-call')
      assert.equal((await data.run('send', 'suspend', 'reason', '--key', 'owner')).code, 'malformed-json')
      assert.equal((await data.run('send', 'suspend', '{"reason": 1}', '--key', 'owner')).code, 'malformed-json')
      await data.ok('init')
      const refused = async (json: string): Promise<void> => assert.equal((await data.run('send', 'suspend', json, '--key', 'authority')).code, 'malformed-argument', json)
      for (const json of ['[1.5]', '[{"hex": "0g"}]', '[{"hex": 1}]', '[{"decimal": "x"}]', '[{"map": []}]', '[{"a": 1}]', '[{"constructor": 1}]', '[{}]', '[{"consent": "authority"}, 1]', '[{"proposal": []}]']) await refused(json)
      assert.equal((await data.run('send', 'suspend', '["reason"]', '--key', 'nobody')).code, 'key-file-not-found')
      assert.equal((await data.run('send', 'suspend', '["reason"]', '--key', 'authority', '--sub', 'nobody')).code, 'unknown-name')
      assert.equal((await data.run('send', 'suspend', '[1]', '--key', 'authority')).code, 'wrong-shape')
      assert.equal((await data.run('send', 'suspend', '["reason"]', '--key', 'authority')).code, 'needs-proposal')
    })
  })

  test('the command itself takes arguments from standard input', async () => {
    await withData(async (data) => {
      await data.ok('init')
      await data.ok('keys', 'new', 'dealer')
      const sent = await data.spawn(ADMIT_DEALER, 'send', 'admit', '-', '--key', 'authority', '--sub', 'dealer')
      assert.deepEqual([sent.exitCode, (JSON.parse(sent.output) as { call: string }).call], [0, 'admit'])
    })
  })
})
