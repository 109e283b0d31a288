import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, cosignatureCheck, decodeReceipt, decodeRefusal, decodeTransaction, encode, equalBytes, hexToBytes, isRefusalBy, isValidSignature, leafHash, portable, rootFromInclusion, signTransaction } from '@telltale/core'
import type { Checkpoint } from '@telltale/core'
import { assertProblem, getJson, postCbor, signRecords, submit, withNode } from './running-node.ts'
import type { RunningNode } from './running-node.ts'

/** Whether a receipt proves, under the authority's key, that these bytes are in the log. */
async function isProof({ home }: RunningNode, receiptHex: string, bytes: Uint8Array): Promise<boolean> {
  const receipt = decodeReceipt(hexToBytes(receiptHex))
  const logRoot = rootFromInclusion(leafHash(bytes, portable.sha256), receipt.index, receipt.size, receipt.path, portable.sha256)
  const [authority] = home.ledger.authorities(receipt.height)
  if (!logRoot || !authority) return false
  const checkpoint: Checkpoint = { network: receipt.network, height: receipt.height, size: receipt.size, logRoot, stateRoot: receipt.stateRoot, setHash: receipt.setHash }
  return equalBytes(receipt.network, home.ledger.network) && isValidSignature(cosignatureCheck(checkpoint, authority, receipt.cosignature), portable)
}

suite('submitting', () => {
  test('one, and many with their bodies: each is certified with a receipt that holds, and can be asked for', async () => {
    await withNode(async (node) => {
      const [one, ...more] = await signRecords(node, 4)
      assert.ok(one)
      const results = [...(await submit(node, [one])), ...(await submit(node, more))]
      for (const [i, record] of [one, ...more].entries()) {
        const result = results[i]
        assert.ok(result?.receipt)
        assert.deepEqual({ id: result.id, status: result.status }, { id: bytesToHex(record.id), status: 'certified' })
        assert.ok(await isProof(node, result.receipt, record.bytes))
        assert.ok(!(await isProof(node, result.receipt, more[(i + 1) % 3]!.bytes)))
        const { json } = await getJson(node, `/v1/transactions/${result.id}`)
        assert.deepEqual([json['status'], json['index'], json['height'], json['callName'], json['transaction']], ['certified', result.index, result.height, 'record', bytesToHex(record.bytes)])
        const later = await fetch(`${node.url}/v1/transactions/${result.id}/receipt`)
        assert.equal(later.headers.get('content-type'), 'application/cbor')
        assert.ok(await isProof(node, Buffer.from(await later.arrayBuffer()).toString('hex'), record.bytes))
        const body = await fetch(`${node.url}/v1/attachments/${bytesToHex(portable.sha256(record.attachments[0]!))}`)
        assert.deepEqual(new Uint8Array(await body.arrayBuffer()), record.attachments[0])
      }
      assert.equal((await submit(node, await signRecords(node, 1), '?receipts=false'))[0]?.receipt, undefined)
    })
  })

  test('a bad one hides nothing of the others, and its neighbours in the stream still count', async () => {
    await withNode(async (node) => {
      const [one, two, three, four] = await signRecords(node, 4)
      const bent = { ...three!, bytes: three!.bytes.with(three!.bytes.length - 1, three!.bytes.at(-1)! ^ 1) }
      const results = await submit(node, [one!, { bytes: new Uint8Array([1, 2, 3]), attachments: [] }, { ...two!, attachments: [] }, two!, bent, three!, four!])
      assert.deepEqual(results.map(({ status, error }) => error?.code ?? status), ['certified', 'malformed-cbor', 'missing-attachment', 'certified', 'invalid-signature', 'certified', 'certified'])
      assert.equal(results[1]?.id, null)
    })
  })

  test('sent again after it succeeded it is certified where it stands; after a refusal its code is remembered until it is sent rightly', async () => {
    await withNode(async (node) => {
      const [one, two] = await signRecords(node, 2)
      const [late] = await submit(node, [two!])
      assert.deepEqual([late?.status, late?.error?.code], ['refused', 'gap'])
      assert.equal(late?.refusal, undefined, 'a gap is no refusal for good')
      assert.deepEqual((await getJson(node, `/v1/transactions/${late?.id}`)).json['status'], 'refused')
      const [first] = await submit(node, [one!])
      const [again] = await submit(node, [one!])
      assert.deepEqual([again?.status, again?.index, again?.height], ['certified', first?.index, first?.height])
      assert.ok(await isProof(node, again?.receipt ?? '', one!.bytes))
      await submit(node, [two!])
      assert.equal((await getJson(node, `/v1/transactions/${late?.id}`)).json['status'], 'certified')
    })
  })

  test('another record for a place that is taken: a refusal that the authority signed', async () => {
    await withNode(async (node) => {
      const [one] = await signRecords(node, 1)
      await submit(node, [one!])
      const { iss, sub, call, sequence, args, network } = decodeTransaction(one!.bytes)
      const other = await signTransaction({ iss, sub, call, sequence, network, args: args.with(1, new Uint8Array(6).fill(9)) }, node.device.signer)
      const [result] = await submit(node, [{ bytes: other, attachments: one!.attachments }])
      assert.deepEqual([result?.status, result?.error?.code], ['refused', 'sequence-taken'])
      const refusal = hexToBytes(result?.refusal ?? '')
      assert.ok(decodeRefusal(refusal).isPermanent)
      assert.ok(await isRefusalBy(refusal, node.home.ledger.network, node.home.ledger.authorities(1), portable))
      const { json } = await getJson(node, `/v1/transactions/${result?.id}`)
      assert.deepEqual([json['status'], (json['error'] as { code: string }).code], ['refused', 'sequence-taken'])
    })
  })

  test('accepted promises nothing and answers at once; it is certified soon after', async () => {
    await withNode(async (node) => {
      const [one] = await signRecords(node, 1)
      const [result] = await submit(node, [one!], '?wait=accepted')
      assert.equal(result?.status, 'pending')
      for (let i = 0; i < 200 && (await getJson(node, `/v1/transactions/${result?.id}`)).json['status'] !== 'certified'; i++) await new Promise((resolve) => setTimeout(resolve, 10))
      assert.equal((await getJson(node, `/v1/transactions/${result?.id}`)).json['status'], 'certified')
    })
  })

  test('a lone transaction needs no wrapping; what is no list, is empty or too long is refused', async () => {
    await withNode(async (node) => {
      const owner = node.owner
      const bytes = await signTransaction({ network: node.home.ledger.network.subarray(0, 16), iss: owner.address, sub: owner.address, call: 5, sequence: 0, args: [0, new Uint8Array(32).fill(9)] }, owner.signer)
      const { json } = await postCbor(node, '/v1/transactions', bytes)
      assert.equal((json['results'] as { status: string }[]).length, 1)
      const item = [bytes, []]
      const malformed: [Uint8Array, string][] = [
        [encode([]), 'wrong-shape'],
        [encode(Array.from({ length: 101 }, () => item)), 'wrong-shape'],
        [encode([[bytes]]), 'wrong-shape'],
        [encode([[bytes, [1]]]), 'wrong-shape'],
        [encode({ map: 1 }.map), 'wrong-shape'],
        [new Uint8Array([0x9f, 0xff]), 'malformed-cbor'],
        [new Uint8Array(0), 'malformed-cbor'],
      ]
      for (const [body, code] of malformed) assertProblem(await postCbor(node, '/v1/transactions', body), { status: 400, code })
      assert.equal((await getJson(node, `/v1/transactions/${'00'.repeat(32)}`)).json['status'], 'unknown')
      assertProblem(await getJson(node, `/v1/transactions/${'00'.repeat(32)}/receipt`), { status: 404, code: 'no-such-transaction' })
    })
  })
})
