import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { NO_PREVIOUS, RefusedError, TelltaleError, bytesToHex, decodeRefusal, decodeTransaction, isRefusalBy, publicKeyToCose, recordArgsToCbor, signStatement, signTransaction, transactionId } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { consentToTransfer, transferAsset, transferRequest } from '../../src/home/ownership.ts'
import { ownSignature } from '../../src/home/statements.ts'
import type { Home } from '../../src/home/home.ts'
import type { WalletKey } from '../../src/home/wallet.ts'
import { open, openCar, withDirectory } from './scratch-home.ts'

const BODY = new Uint8Array([0x80])

function recordArgs(home: Home, previous: Uint8Array, boot = 1): Cbor[] {
  return recordArgsToCbor({ previous, boot: new Uint8Array(6).fill(boot), content: { kind: 'open', clear: { clock: 2, firstMs: 0, durationMs: 0, count: 0 } }, body: { sha256: home.primitives.sha256(BODY), length: BODY.length }, cites: null })
}

async function sign(home: Home, key: WalletKey, statement: { sub: string; call: number; sequence: number; args: Cbor[] }): Promise<Uint8Array> {
  return signTransaction({ network: home.ledger.network.subarray(0, 16), iss: key.address, ...statement }, key.signer)
}

function recordBy(home: Home, device: WalletKey, sequence: number, previous: Uint8Array, boot?: number): Promise<Uint8Array> {
  return sign(home, device, { sub: 'odometer', call: 16, sequence, args: recordArgs(home, previous, boot) })
}

/** The error with which a transaction is refused. */
async function refusalOf(home: Home, bytes: Uint8Array, attachments: Uint8Array[] = [BODY]): Promise<TelltaleError> {
  try {
    await home.chain.submit({ bytes, attachments })
  } catch (error) {
    assert.ok(error instanceof TelltaleError)
    return error
  }
  return assert.fail('it was accepted')
}

suite('signed refusals', () => {
  test('a record of a known device that can never be accepted is refused by name', async () => {
    await withDirectory(async (directory) => {
      const { home, device } = await openCar(directory)
      const first = await recordBy(home, device, 0, NO_PREVIOUS)
      await home.chain.submit({ bytes: first, attachments: [BODY] })
      const taken = await recordBy(home, device, 0, NO_PREVIOUS, 2)
      const error = await refusalOf(home, taken)
      assert.ok(error instanceof RefusedError)
      assert.equal(error.code, 'sequence-taken')
      const refusal = decodeRefusal(error.refusal)
      assert.deepEqual([bytesToHex(refusal.id), refusal.code, refusal.isPermanent], [bytesToHex(transactionId(decodeTransaction(taken), home.primitives)), 'sequence-taken', true])
      assert.deepEqual([refusal.expected, refusal.found, refusal.size], ['1', '0', home.ledger.position.log.size])
      assert.ok(await isRefusalBy(error.refusal, home.ledger.network, home.ledger.authorities(1), home.primitives))
      const again = await refusalOf(home, taken)
      assert.deepEqual((again as RefusedError).refusal, error.refusal, 'whoever asks again is told the same')
      await home.close()
      const reopened = await open(directory)
      assert.deepEqual(((await refusalOf(reopened, taken)) as RefusedError).refusal, error.refusal, 'also after a restart')
      const follows = await recordBy(reopened, device, 1, new Uint8Array(32).fill(9))
      assert.equal(((await refusalOf(reopened, follows)) as RefusedError).code, 'previous-mismatch')
      await reopened.close()
    })
  })

  test('what may succeed later, what nobody signed, and what no device sent gets an error alone', async () => {
    await withDirectory(async (directory) => {
      const { home, device, owner } = await openCar(directory)
      const plain = async (bytes: Uint8Array, code: string, attachments?: Uint8Array[]): Promise<void> => {
        const error = await refusalOf(home, bytes, attachments)
        assert.equal(error.code, code)
        assert.ok(!(error instanceof RefusedError), code)
      }
      await plain(await recordBy(home, device, 3, NO_PREVIOUS), 'gap')
      await plain(await recordBy(home, device, 0, NO_PREVIOUS), 'missing-attachment', [])
      const forged = await recordBy(home, { ...device, signer: { ...device.signer, sign: () => new Uint8Array(64) } }, 0, NO_PREVIOUS)
      await plain(forged, 'invalid-signature')
      await plain(await sign(home, owner, { sub: owner.address, call: 3, sequence: 7, args: ['reason'] }), 'gap', [])
      await plain(await sign(home, owner, { sub: device.address, call: 3, sequence: 0, args: ['reason'] }), 'not-allowed', [])
      await home.chain.submit({ bytes: await recordBy(home, device, 0, NO_PREVIOUS), attachments: [BODY] })
      await home.close()
    })
  })

  test('a device that was retired, or whose key ended, is told so for good', async () => {
    await withDirectory(async (directory) => {
      const { home, device, owner, profile } = await openCar(directory)
      const first = await recordBy(home, device, 0, NO_PREVIOUS)
      const { id } = await home.chain.submit({ bytes: first, attachments: [BODY] })
      const next = { ...(await home.wallet.create('next', 'EdDSA')), address: device.address }
      const rotated: WalletKey = { ...next, signer: { ...next.signer, keyNumber: 1 } }
      const own = await ownSignature(home, rotated, { call: 4, sub: device.address, args: [1] })
      await home.send({ key: device, call: 4, sub: device.address, args: [1, publicKeyToCose(next.publicKey), own] })
      const old = await refusalOf(home, await recordBy(home, device, 1, id))
      assert.deepEqual([old.code, old instanceof RefusedError], ['key-not-in-force', true])
      const never = await refusalOf(home, await recordBy(home, { ...device, signer: { ...device.signer, keyNumber: 7 } }, 1, id))
      assert.deepEqual([never.code, never instanceof RefusedError], ['key-not-in-force', false])
      await home.send({ key: owner, call: 11, sub: profile.asset, args: [device.address, 'gone'] })
      const retired = await refusalOf(home, await recordBy(home, rotated, 1, id))
      assert.deepEqual([retired.code, retired instanceof RefusedError], ['role-not-in-force', true])
      await home.close()
    })
  })

  test('a forget with the consent of somebody who sold the car is refused for good', async () => {
    await withDirectory(async (directory) => {
      const { home, device, owner, profile } = await openCar(directory)
      const before: Cbor[] = ['odometer', 0, [0, null]]
      const consent = await signStatement('consent', home.ledger.network, [19, device.address, device.address, null, ...before], owner.signer)
      const bytes = await sign(home, device, { sub: device.address, call: 19, sequence: 0, args: [...before, [consent.keyNumber, consent.signature]] })
      const buyer = await home.wallet.create('buyer', 'EdDSA')
      await transferAsset(home, await consentToTransfer(await transferRequest(home, profile.asset, buyer.address), buyer))
      const error = await refusalOf(home, bytes, [])
      assert.deepEqual([error.code, error instanceof RefusedError], ['invalid-signature', true])
      await home.close()
    })
  })
})
