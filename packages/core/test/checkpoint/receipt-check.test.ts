import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { cosign, createReceiptEncoder } from '../../src/checkpoint/cosignature.ts'
import { checkReceipt, decodeReceipts, encodeReceipts } from '../../src/checkpoint/receipt-check.ts'
import { setHash } from '../../src/checkpoint/authority-set.ts'
import { portable } from '../../src/crypto/primitives.ts'
import { encode } from '../../src/encoding/writer.ts'
import { TelltaleError } from '../../src/errors.ts'
import { leafHash } from '../../src/merkle/log-hash.ts'
import { codeOf } from '../refusal.ts'
import { checkpointOf, cosigner, setOf } from './authorities.ts'
import type { Cosigner } from './authorities.ts'

const [A, B, C, D, E] = [1, 2, 3, 4, 5].map((n) => cosigner(n)).sort((a, b) => (a.address < b.address ? -1 : 1)) as [Cosigner, Cosigner, Cosigner, Cosigner, Cosigner]
const SET = setOf([A, B, C, D])
const TRANSACTION = new Uint8Array([1, 2, 3])
/** A log of this one transaction. */
const CHECKPOINT = { ...checkpointOf([A, B, C, D]), size: 1, logRoot: leafHash(TRANSACTION, portable.sha256), setHash: setHash(SET, portable) }

async function receiptBy({ address, signer, key }: Cosigner, checkpoint = CHECKPOINT): Promise<Uint8Array> {
  return createReceiptEncoder(checkpoint, key.algorithm, await cosign(checkpoint, address, 1_750_000_000, signer))(0, [])
}

async function check(receipts: Uint8Array, set = SET, transaction = TRANSACTION): Promise<string> {
  try {
    await checkReceipt(receipts, transaction, { network: CHECKPOINT.network, set }, portable)
    return 'accepted'
  } catch (error) {
    assert.ok(error instanceof TelltaleError)
    return error.code
  }
}

suite('a receipt of several authorities', () => {
  test('certifies what more than two thirds of them signed', async () => {
    const [a, b, c, d] = [await receiptBy(A), await receiptBy(B), await receiptBy(C), await receiptBy(D)]
    assert.equal(await check(encodeReceipts([a, b, c, d])), 'accepted')
    assert.equal(await check(encodeReceipts([d, b, a])), 'accepted')
    assert.equal(await check(encodeReceipts([a, b])), 'no-quorum')
    assert.equal(await check(a), 'no-quorum')
    assert.equal(await check(encodeReceipts([a, b, b])), 'no-quorum')
    assert.equal(await check(encodeReceipts([a, b, await receiptBy(E)])), 'unknown-authority')
  })

  test('is about one place in one log', async () => {
    const [a, b] = [await receiptBy(A), await receiptBy(B)]
    assert.equal(await check(encodeReceipts([a, b, await receiptBy(C, { ...CHECKPOINT, height: CHECKPOINT.height + 1 })])), 'not-certified')
    assert.equal(await check(encodeReceipts([a, b, await receiptBy(C, { ...CHECKPOINT, logRoot: new Uint8Array(32) })])), 'not-certified')
    assert.equal(await check(encodeReceipts([a, b, await receiptBy(C)]), SET, new Uint8Array([1, 2, 4])), 'not-certified')
    assert.equal(await check(encodeReceipts([a, b, await receiptBy(C)]), setOf([A, B, C])), 'set-mismatch')
  })

  test('has one form: a lone one stands by itself', async () => {
    const a = await receiptBy(A)
    assert.deepEqual(encodeReceipts([a]), a)
    assert.equal(decodeReceipts(a).length, 1)
    assert.equal(codeOf(() => decodeReceipts(encode([a]))), 'wrong-shape')
    assert.equal(codeOf(() => decodeReceipts(encode([]))), 'wrong-shape')
    assert.equal(codeOf(() => decodeReceipts(encode([a, 1]))), 'wrong-shape')
    assert.equal(codeOf(() => decodeReceipts(encode(Array.from({ length: 200 }, () => a)))), 'wrong-shape')
  })
})
