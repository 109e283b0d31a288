import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'
import { portable } from '../../src/crypto/primitives.ts'
import { x25519PublicKey } from '../../src/crypto/x25519.ts'
import { TelltaleError } from '../../src/errors.ts'
import { encode } from '../../src/encoding/writer.ts'
import { grantInfoToBytes, openGrant, sealGrant } from '../../src/sealing/grant.ts'
import type { GrantInfo } from '../../src/sealing/grant.ts'
import { hpkeSeal } from '../../src/sealing/hpke.ts'
import { deriveCover, epochRoot, placeCover } from '../../src/sealing/key-tree.ts'
import { CONTEXT, EPOCH_SECRET, VECTORS } from './vectors.ts'

const { grant, cover } = VECTORS
const INFO: GrantInfo = {
  network: CONTEXT.network,
  device: CONTEXT.device,
  reader: grant.reader,
  sealKeyNumber: grant.sealKeyNumber,
  stream: CONTEXT.stream,
  epoch: CONTEXT.epoch,
  from: cover.from,
  to: cover.to,
}
const READER_SECRET = hexToBytes(grant.readerSecret)
const READER_KEY = x25519PublicKey(READER_SECRET)
const SEED = hexToBytes(grant.seed)
const KEYS = deriveCover(epochRoot(CONTEXT, EPOCH_SECRET, portable), cover.from, cover.to, portable)
const NODES = placeCover(KEYS, cover.from, cover.to)

const codeOf = (opened: Awaited<ReturnType<typeof openGrant>>): string => (opened.ok ? 'opened' : opened.verdict.code)
const refusedWith = (code: string) => (error: unknown) => error instanceof TelltaleError && error.code === code

suite('grant', () => {
  test('its ephemeral key is the one of RFC 9180, A.1.1, for the same seed, and pyhpke opens it', async () => {
    const sealed = await sealGrant(READER_KEY, INFO, KEYS, SEED)
    assert.equal(bytesToHex(sealed.subarray(0, 32)), grant.encapsulated)
    assert.equal(bytesToHex(sealed), grant.sealed)
  })

  test('a grant sealed by pyhpke opens', async () => {
    assert.deepEqual(await openGrant(READER_SECRET, INFO, hexToBytes(grant.sealedByPyhpke)), { ok: true, value: NODES })
  })

  test('opens for its reader and for exactly what it says', async () => {
    const sealed = await sealGrant(READER_KEY, INFO, KEYS, SEED)
    assert.deepEqual(await openGrant(READER_SECRET, INFO, sealed), { ok: true, value: NODES })
    assert.equal(codeOf(await openGrant(new Uint8Array(32).fill(8), INFO, sealed)), 'cannot-open')
    const others: Partial<GrantInfo>[] = [
      { network: new Uint8Array(32) },
      { device: grant.reader },
      { reader: CONTEXT.device },
      { sealKeyNumber: 3 },
      { stream: 'telemetry' },
      { epoch: 4 },
      { from: 4 },
      { to: null },
    ]
    for (const other of others) assert.equal(codeOf(await openGrant(READER_SECRET, { ...INFO, ...other }, sealed)), 'cannot-open', JSON.stringify(other))
  })

  test('the rest of an epoch is one grant with to null', async () => {
    const info = { ...INFO, to: null }
    const keys = deriveCover(epochRoot(CONTEXT, EPOCH_SECRET, portable), info.from, null, portable)
    const opened = await openGrant(READER_SECRET, info, await sealGrant(READER_KEY, info, keys, SEED))
    assert.deepEqual(opened, { ok: true, value: placeCover(keys, info.from, null) })
  })

  test('changed or cut bytes do not open', async () => {
    const sealed = await sealGrant(READER_KEY, INFO, KEYS, SEED)
    for (const at of [0, 32, 60, sealed.length - 1]) {
      const changed = sealed.slice()
      changed[at] = (changed[at] as number) ^ 1
      assert.equal(codeOf(await openGrant(READER_SECRET, INFO, changed)), 'cannot-open', `byte ${at}`)
    }
    for (const length of [0, 31, 32, 47, 48, sealed.length - 1]) assert.equal(codeOf(await openGrant(READER_SECRET, INFO, sealed.subarray(0, length))), 'cannot-open', `${length} bytes`)
    const zero = sealed.slice()
    zero.fill(0, 0, 32)
    assert.equal(codeOf(await openGrant(READER_SECRET, INFO, zero)), 'cannot-open')
  })

  test('a device that grants something other than the minimal cover is found out', async () => {
    for (const content of [encode(KEYS.slice(1)), encode([...KEYS.slice(1), KEYS[0]!.subarray(1)]), encode('keys'), new Uint8Array([0xff])]) {
      const sealed = await hpkeSeal(READER_KEY, grantInfoToBytes(INFO), content, SEED)
      assert.equal(codeOf(await openGrant(READER_SECRET, INFO, sealed)), 'malformed-grant')
    }
  })

  test('nothing is sealed to a key of small order, nor with the wrong keys', async () => {
    await assert.rejects(sealGrant(new Uint8Array(32), INFO, KEYS, SEED), refusedWith('weak-key'))
    await assert.rejects(sealGrant(READER_KEY, INFO, KEYS.slice(1), SEED), refusedWith('cover-mismatch'))
    await assert.rejects(sealGrant(READER_KEY, { ...INFO, from: 13 }, KEYS, SEED), refusedWith('range-out-of-order'))
  })
})
