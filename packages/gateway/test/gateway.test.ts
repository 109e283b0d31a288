import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, createSoftwareSigner, decodeRefused, decodeTransaction, fail, portable, transactionId } from '@telltale/core'
import type { AuthoritySet, Submission, SubmissionAnswer } from '@telltale/core'
import { AUTHORITIES, AUTHORITY, DEVICE, NETWORK, person, receiptFor, recordBy, refusalFor } from './people.ts'
import { certify, codeOf, openRig } from './rig.ts'

const OTHER_NETWORK = new Uint8Array(32).fill(8)
const idOf = ({ bytes }: Submission): string => bytesToHex(transactionId(decodeTransaction(bytes), portable))

suite('receipts of other authorities', () => {
  const newer = person('newer')
  const NEWER: AuthoritySet = [{ address: newer.address, keyNumber: 0, key: newer.signer.publicKey }]
  const byNewer = async ({ bytes }: Submission): Promise<SubmissionAnswer> => ({ status: 'certified', index: 0, height: 1, receipt: await receiptFor(bytes, newer, NEWER) })

  test('count once the gateway has followed to them, asked once for a whole batch; until then what they certify waits', async () => {
    let set = AUTHORITIES
    let isProved = false
    let asked = 0
    const follow = async (): Promise<void> => {
      asked += 1
      await new Promise((settle) => setTimeout(settle, 20))
      if (isProved) set = NEWER
    }
    const rig = await openRig({ answer: byNewer, authorities: () => set, follow })
    await rig.gateway.take([await recordBy(DEVICE, 0), await recordBy(DEVICE, 1), await recordBy(DEVICE, 2)])
    await rig.gateway.flush(5000)
    assert.deepEqual([rig.gateway.health.waitingRecords, rig.gateway.delays.get('set-mismatch'), asked], [3, 3, 1])
    isProved = true
    await rig.gateway.take([await recordBy(DEVICE, 3)])
    await rig.gateway.settled([idOf(await recordBy(DEVICE, 0)), idOf(await recordBy(DEVICE, 3))], 5000)
    assert.deepEqual([rig.gateway.health.waitingRecords, asked], [0, 2])
    await rig.gateway.stop()
  })
})

suite('what a gateway takes', () => {
  test('is signed by a device of its network, as it is; everything else is told why', async () => {
    const { gateway } = await openRig()
    const honest = await recordBy(DEVICE, 0)
    assert.equal(await codeOf(gateway, honest), 'pending')
    const flipped = honest.bytes.with(honest.bytes.length - 1, (honest.bytes.at(-1) as number) ^ 1)
    const stranger = person('stranger')
    const cases: [string, Submission, string][] = [
      ['a broken signature', { ...(await recordBy(DEVICE, 1)), bytes: (await recordBy(DEVICE, 1)).bytes.with(honest.bytes.length - 1, flipped.at(-1) as number) }, 'invalid-signature'],
      ["another's signature", await recordBy(DEVICE, 1, { signer: stranger.signer }), 'invalid-signature'],
      ['a device that nobody enrolled', await recordBy(stranger, 0), 'unknown-device'],
      ['no address at all', await recordBy({ ...stranger, address: 'nobody' }, 0), 'unknown-device'],
      ['another network', await recordBy(DEVICE, 1, { network: OTHER_NETWORK }), 'wrong-network'],
      ['a key number that it does not have', await recordBy(DEVICE, 1, { signer: { ...DEVICE.signer, keyNumber: 3 } }), 'unknown-key'],
      ['another algorithm', await recordBy(DEVICE, 1, { signer: createSoftwareSigner('ES256', new Uint8Array(32).fill(4), 0) }), 'wrong-algorithm'],
      ['no body', { ...(await recordBy(DEVICE, 1)), attachments: [] }, 'missing-attachment'],
      ['another body', { ...(await recordBy(DEVICE, 1)), attachments: [new Uint8Array(3)] }, 'missing-attachment'],
      ['a body too many', { ...(await recordBy(DEVICE, 1)), attachments: [...(await recordBy(DEVICE, 1)).attachments, new Uint8Array(3)] }, 'surplus-attachment'],
      ['rubbish', { bytes: new Uint8Array([0xff, 1, 2]), attachments: [] }, 'malformed-cbor'],
      ['nothing', { bytes: new Uint8Array(0), attachments: [] }, 'malformed-cbor'],
      ['too much', { bytes: new Uint8Array(20_000), attachments: [] }, 'transaction-too-large'],
    ]
    for (const [what, submission, code] of cases) assert.equal(await codeOf(gateway, submission), code, what)
    await gateway.stop()
  })

  test('is flushed as far as it goes: what was put off is not waited for, nor a node that does not answer', async () => {
    const other = person('other')
    const rig = await openRig({ devices: [DEVICE, other] })
    const gap: SubmissionAnswer = { status: 'unknown', error: fail('gap', 'Something is missing before it.') }
    rig.answer = async (submission) => (decodeTransaction(submission.bytes).iss === other.address ? gap : certify(submission))
    for (let sequence = 0; sequence < 120; sequence++) await rig.gateway.take([await recordBy(DEVICE, sequence)])
    await rig.gateway.take([await recordBy(other, 7)])
    rig.gateway.announceStop()
    await rig.gateway.flush(60_000)
    assert.equal(rig.gateway.health.waitingRecords, 1)
    await rig.gateway.stop()

    const silent = await openRig()
    let answerAtLast: (answer: SubmissionAnswer) => void = () => undefined
    silent.answer = () => new Promise((resolve) => (answerAtLast = resolve))
    await silent.gateway.take([await recordBy(DEVICE, 0)])
    await silent.gateway.flush(50)
    assert.equal(silent.gateway.health.waitingRecords, 1)
    answerAtLast(gap)
    await silent.gateway.stop()
  })

  test('one bad item never hides the answers of the others', async () => {
    const { gateway } = await openRig()
    const answers = await gateway.take([await recordBy(DEVICE, 0), await recordBy(person('stranger'), 0), await recordBy(DEVICE, 1)])
    assert.deepEqual(answers.map(({ status }) => status), ['pending', 'not-taken', 'pending'])
    await gateway.stop()
  })

  test('of a device that floods is limited; others are not', async () => {
    const quiet = person('quiet')
    const never = async (): Promise<SubmissionAnswer> => ({ status: 'pending' })
    const { gateway } = await openRig({ devices: [DEVICE, quiet], limits: { deviceRecordsAtOnce: 5 }, answer: never })
    for (let sequence = 0; sequence < 5; sequence++) assert.equal(await codeOf(gateway, await recordBy(DEVICE, sequence)), 'pending')
    assert.equal(await codeOf(gateway, await recordBy(DEVICE, 5)), 'device-too-fast')
    assert.equal(await codeOf(gateway, await recordBy(DEVICE, 0)), 'pending', 'what is there already costs nothing')
    assert.equal(await codeOf(gateway, await recordBy(quiet, 0)), 'pending')
    // Whoever sends rubbish in the name of a device takes nothing from it.
    for (let i = 0; i < 10; i++) assert.equal(await codeOf(gateway, await recordBy(quiet, 1, { signer: DEVICE.signer })), 'invalid-signature')
    assert.equal(await codeOf(gateway, await recordBy(quiet, 1)), 'pending')
    await gateway.stop()
  })

  test('who invents devices does not use up the questions that the gateway may ask its node', async () => {
    const { gateway } = await openRig({ limits: { lookupsAtOnce: 3 } })
    assert.equal(await codeOf(gateway, await recordBy(DEVICE, 0)), 'pending')
    for (const name of ['a', 'b']) assert.equal(await codeOf(gateway, await recordBy(person(name), 0)), 'unknown-device')
    assert.equal(await codeOf(gateway, await recordBy(person('c'), 0)), 'busy')
    assert.equal(await codeOf(gateway, await recordBy(DEVICE, 1)), 'pending', 'who is known goes on')
    await gateway.stop()
  })

  test('stays within its bytes, for one device and for all, also within one request', async () => {
    const other = person('other')
    const never = async (): Promise<SubmissionAnswer> => ({ status: 'pending' })
    const big = async (device: typeof DEVICE, sequence: number): Promise<Submission> => recordBy(device, sequence, { body: new Uint8Array(1000).fill(sequence) })
    const { gateway } = await openRig({ devices: [DEVICE, other], limits: { deviceBytesMax: 3000, outboxBytesMax: 5000 }, answer: never })
    const answers = await gateway.take([await big(DEVICE, 0), await big(DEVICE, 1), await big(DEVICE, 2)])
    assert.deepEqual(answers.map((answer) => (answer.status === 'not-taken' ? answer.error.code : answer.status)), ['pending', 'pending', 'device-outbox-full'])
    assert.equal(await codeOf(gateway, await big(other, 0)), 'pending')
    assert.equal(await codeOf(gateway, await big(other, 1)), 'outbox-full')
    await gateway.stop()
  })
})

suite('what leaves a gateway', () => {
  test('leaves only by what an authority signed about it, for this network', async () => {
    const stranger = person('stranger')
    const other = await recordBy(DEVICE, 7)
    const error = fail('sequence-taken', 'The ledger holds another transaction at this place.')
    const refused = (refusal: Uint8Array | null): SubmissionAnswer => ({ status: 'refused', error, refusal })
    const certified = (receipt: Uint8Array | null): SubmissionAnswer => ({ status: 'certified', index: 0, height: 1, receipt })
    const hearsay: [string, (submission: Submission) => Promise<SubmissionAnswer>][] = [
      ['certified, and no receipt', async () => certified(null)],
      ['the receipt of another record', async () => certified(await receiptFor(other.bytes))],
      ['a receipt that a stranger signed', async ({ bytes }) => certified(await receiptFor(bytes, stranger))],
      ['a receipt of another network', async ({ bytes }) => certified(await receiptFor(bytes, AUTHORITY, undefined, OTHER_NETWORK))],
      ['a receipt of another set', async ({ bytes }) => certified(await receiptFor(bytes, stranger, [{ address: stranger.address, keyNumber: 0, key: stranger.signer.publicKey }]))],
      ['rubbish for a receipt', async () => certified(new Uint8Array(50))],
      ['refused, and no refusal', async () => refused(null)],
      ['a refusal by a stranger', async ({ bytes }) => refused(await refusalFor(bytes, 'sequence-taken', { by: stranger }))],
      ['a refusal that may pass', async ({ bytes }) => refused(await refusalFor(bytes, 'gap', { isPermanent: false }))],
      ['the refusal of another record', async () => refused(await refusalFor(other.bytes, 'sequence-taken'))],
      ['a refusal of another network', async ({ bytes }) => refused(await refusalFor(bytes, 'sequence-taken', { network: OTHER_NETWORK }))],
      ['rubbish for a refusal', async () => refused(new Uint8Array(50))],
      ['on its way', async () => ({ status: 'pending' })],
      ['nobody knows', async () => ({ status: 'unknown', error: fail('stopping', 'The node is stopping.') })],
    ]
    for (const [what, answer] of hearsay) {
      const rig = await openRig({ answer })
      const record = await recordBy(DEVICE, 0)
      await rig.gateway.take([record])
      await untilBatches(rig.batches, 2)
      assert.equal((await rig.gateway.standing(idOf(record)))?.status, 'pending', what)
      rig.answer = certify
      await rig.gateway.settled([idOf(record)], 5000)
      assert.equal((await rig.gateway.standing(idOf(record)))?.status, 'certified', `${what}: the honest answer`)
      await rig.gateway.stop()
    }
  })

  test('what an authority refused for good lies in a folder, whole and with its refusal', async () => {
    const answer = async ({ bytes }: Submission): Promise<SubmissionAnswer> => ({ status: 'refused', error: fail('gap', 'hearsay'), refusal: await refusalFor(bytes, 'sequence-taken') })
    const { gateway, disk } = await openRig({ answer })
    const record = await recordBy(DEVICE, 3)
    await gateway.take([record])
    await gateway.settled([idOf(record)], 5000)
    const standing = await gateway.standing(idOf(record))
    assert.ok(standing?.status === 'refused')
    assert.equal(standing.code, 'sequence-taken', 'the code is that of the signed refusal')
    const [path] = disk.paths().filter((one) => one.endsWith('.refused'))
    const kept = decodeRefused(disk.contents(path as string))
    assert.deepEqual([kept.bytes, kept.attachments, kept.code, kept.refusal], [record.bytes, record.attachments, 'sequence-taken', standing.refusal])
    assert.equal(gateway.health.waitingRecords, 0)
    await gateway.stop()
  })

  test('goes in batches, each stream in its order, and again after the node was away', async () => {
    const devices = [DEVICE, person('second'), person('third')]
    let isAway = true
    const rig = await openRig({
      devices,
      answer: async (submission) => {
        if (isAway) throw fail('node-unreachable', 'away')
        return certify(submission)
      },
    })
    const sent: Submission[] = []
    for (let sequence = 59; sequence >= 0; sequence--) for (const device of devices) sent.push(await recordBy(device, sequence))
    for (let i = 0; i < sent.length; i += 90) await rig.gateway.take(sent.slice(i, i + 90))
    await untilBatches(rig.batches, 1)
    assert.equal(rig.gateway.health.waitingRecords, sent.length)
    assert.equal(rig.gateway.health.upstream, 'node-unreachable')
    assert.equal(rig.gateway.health.status, 'waiting')
    rig.batches.length = 0
    isAway = false
    await rig.gateway.settled(sent.map(idOf), 10_000)
    assert.equal(rig.gateway.health.waitingRecords, 0)
    assert.ok(rig.batches.every((batch) => batch.length <= 100) && rig.batches.some((batch) => batch.length >= 50), rig.batches.map((batch) => batch.length).join(' '))
    for (const device of devices) {
      const order = rig.batches.flat().map(({ bytes }) => decodeTransaction(bytes)).filter(({ iss }) => iss === device.address).map(({ sequence }) => sequence)
      assert.deepEqual(order, Array.from({ length: 60 }, (_, i) => i))
    }
    assert.deepEqual(rig.events.map(({ kind }) => kind), ['upstream-lost', 'upstream-back'])
    await rig.gateway.stop()
  })

  test('what it was sent before it was killed is sent by the next that opens its folder, and only one can', async () => {
    const never = async (): Promise<SubmissionAnswer> => ({ status: 'pending' })
    const { gateway, disk } = await openRig({ answer: never })
    const records = [await recordBy(DEVICE, 0), await recordBy(DEVICE, 1)]
    await gateway.take(records)
    await assert.rejects(openRig({ disk }), { code: 'gateway-in-use' })
    disk.kill()
    const next = await openRig({ disk })
    await next.gateway.settled(records.map(idOf), 5000)
    assert.deepEqual(next.batches.flat().map(({ bytes }) => bytes), records.map(({ bytes }) => bytes))
    assert.equal(next.gateway.health.waitingRecords, 0)
    assert.equal(bytesToHex(NETWORK), next.gateway.health.network)
    await next.gateway.stop()
    await gateway.stop().catch(() => undefined)
  })
})

async function untilBatches(batches: Submission[][], count: number): Promise<void> {
  const endMs = performance.now() + 5000
  while (batches.length < count && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(batches.length >= count, 'it is sent again')
}
