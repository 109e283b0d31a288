import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, decodeTransaction, hexToBytes, portable, signTransaction, transactionId } from '@telltale/core'
import type { Submission, TelltaleError } from '@telltale/core'
import { SimulatedDisk, createSeededRandom } from '@telltale/testing'
import { openOutbox } from '../src/outbox/outbox.ts'
import type { Outbox } from '../src/outbox/outbox.ts'
import { DEVICE, GATEWAY, NETWORK, recordBy } from './people.ts'

const PATH = '/gateway/outbox'
const RECORDS = 24

function open(disk: SimulatedDisk, network = NETWORK): Promise<Outbox> {
  let random = 0
  return openOutbox({ disk, path: PATH, network, primitives: portable, randomBytes: (count) => portable.sha256(Uint8Array.of((random += 1))).subarray(0, count), rewriteBytesMin: 2500 })
}

/** What was acknowledged, and what may have happened beyond it. */
interface Known {
  taken: Set<string>
  asked: Set<string>
  settled: Set<string>
  stated: Set<string>
  /** Names of a statement whose end was asked for. */
  stating: Set<string>
}

const records: Submission[] = []
for (let i = 0; i < RECORDS; i++) records.push(await recordBy(DEVICE, i, { body: new Uint8Array(3000).fill(i) }))
const idOf = ({ bytes }: Submission): string => bytesToHex(transactionId(decodeTransaction(bytes), portable))
const ids = records.map(idOf)
const receipt = new Uint8Array(40).fill(9)

/** Takes, settles and states all records in small steps; ends where the disk fails. */
async function runScript(disk: SimulatedDisk, known: Known): Promise<unknown> {
  try {
    const outbox = await open(disk)
    for (let i = 0; i < RECORDS; i += 3) {
      const some = records.slice(i, i + 3)
      for (const record of some) known.asked.add(idOf(record))
      await outbox.take(some.map((submission) => ({ submission, takenMs: 1000 + i })))
      for (const record of some) known.taken.add(idOf(record))
      // Every eighth record waits on.
      const done = ids.slice(i, i + 3).filter((_, j) => (i + j) % 8 !== 0)
      await outbox.settle(new Map(done.map((id, j) => [id, j === 0 && i % 2 === 0 ? { status: 'refused', code: 'sequence-taken', message: 'taken', refusal: receipt } : { status: 'certified', index: i, height: 1, receipt }])))
      for (const id of done) known.settled.add(id)
      const named = [...outbox.unstated.keys()]
      if (!outbox.statement && named.length > 2) await outbox.keepStatement(await signTransaction({ network: NETWORK.subarray(0, 16), iss: GATEWAY.address, sub: GATEWAY.address, call: 20, sequence: i, args: [named.map(hexToBytes), 1] }, GATEWAY.signer))
      else if (outbox.statement) {
        const { names } = outbox.statement
        for (const name of names) known.stating.add(name)
        await outbox.endStatement('stated')
        for (const name of names) known.stated.add(name)
      }
    }
    await outbox.close()
    return null
  } catch (error) {
    return error
  }
}

function emptyKnown(): Known {
  return { taken: new Set(), asked: new Set(), settled: new Set(), stated: new Set(), stating: new Set() }
}

/** Nothing acknowledged is lost, nothing is there that was never asked for, and every record that waits has its bytes. */
async function assertKept(outbox: Outbox, known: Known, where: string): Promise<void> {
  for (const id of known.settled) assert.ok(outbox.outcome(id) && !outbox.waiting.has(id), `${where}: an outcome is lost`)
  for (const id of known.taken) assert.ok(outbox.waiting.has(id) !== (outbox.outcome(id) !== null), `${where}: a record is lost or there twice`)
  for (const id of outbox.waiting.keys()) {
    assert.ok(known.asked.has(id), `${where}: a record that nobody sent`)
    assert.deepEqual(await outbox.submission(id), records[ids.indexOf(id)])
  }
  for (const id of known.stated) assert.ok(!outbox.unstated.has(id), `${where}: what was stated is to be stated again`)
  const named = new Set(outbox.statement?.names)
  for (const id of ids) {
    if (outbox.outcome(id)?.status === 'certified' && !known.stating.has(id)) assert.ok(outbox.unstated.has(id), `${where}: nobody will state ${id}`)
    if (named.has(id)) assert.ok(outbox.unstated.has(id), `${where}: the statement names what is not open`)
  }
}

suite('outbox', () => {
  test('keeps what was acknowledged when the power fails at any step, also while it recovers', async () => {
    const whole = new SimulatedDisk()
    assert.equal(await runScript(whole, emptyKnown()), null)
    const steps = whole.steps
    assert.ok(steps > 50 && whole.taken.filter((step) => step === 'rename').length > 2, `${whole.taken.join(' ')}: the file is written anew now and then`)
    for (let step = 1; step <= steps; step++) {
      const random = createSeededRandom(step)
      const disk = new SimulatedDisk()
      disk.crashAtStep = step
      const known = emptyKnown()
      assert.notEqual(await runScript(disk, known), null, `step ${step} stops the script`)
      for (let again = 0; again < 2; again++) {
        disk.restart(random)
        if (random.chance(0.6)) disk.crashAtStep = disk.steps + 1 + random.below(6)
        await open(disk).catch(() => undefined)
      }
      disk.restart(random)
      const outbox = await open(disk)
      await assertKept(outbox, known, `step ${step} of ${steps}`)
      await outbox.take([{ submission: await recordBy(DEVICE, 99), takenMs: 5 }])
      const count = outbox.waiting.size
      await outbox.close()
      assert.equal((await open(disk)).waiting.size, count, `step ${step}: goes on afterwards`)
    }
  })

  test('after a step that failed takes nothing more, and has everything when it is opened again', async () => {
    const whole = new SimulatedDisk()
    await runScript(whole, emptyKnown())
    for (let step = 1; step <= whole.steps; step++) {
      const disk = new SimulatedDisk()
      disk.failAtStep = { step, code: 'ENOSPC' }
      const known = emptyKnown()
      assert.notEqual(await runScript(disk, known), null, `step ${step}`)
      disk.kill()
      await assertKept(await open(disk), known, `step ${step}`)
    }
    const disk = new SimulatedDisk()
    const outbox = await open(disk)
    disk.failAtStep = { step: disk.steps + 2, code: 'EIO' }
    const refusing = async (sequence: number): Promise<string> => outbox.take([{ submission: records[sequence]!, takenMs: 1 }]).then(() => 'taken', (error: TelltaleError) => error.code)
    assert.equal(await refusing(0), 'outbox-failed')
    assert.equal(await refusing(1), 'outbox-failed', 'the disk works again, but nobody knows what it holds')
  })

  test('is damaged where a byte of what was synced changes, and says where; a torn tail is cut', async () => {
    const disk = new SimulatedDisk()
    const outbox = await open(disk)
    await outbox.take(records.slice(0, 4).map((submission) => ({ submission, takenMs: 1 })))
    await outbox.close()
    await (await open(disk)).close()
    const rewritten = disk.contents(PATH).length
    const second = await open(disk)
    await second.take([{ submission: records[4]!, takenMs: 1 }])
    await second.take([{ submission: records[5]!, takenMs: 1 }])
    await second.close()
    const bytes = disk.contents(PATH)
    const last = bytes.length - (bytes.length - rewritten) / 2
    for (let at = 0; at < last; at += 7) {
      const damaged = new SimulatedDisk()
      await damaged.makeDirectory('/gateway')
      await write(damaged, bytes.with(at, (bytes[at] as number) ^ 0x10))
      await assert.rejects(open(damaged), (error: TelltaleError) => error.code === 'outbox-damaged', `byte ${at} of ${bytes.length}`)
    }
    // Whoever was told of the last record was told after it was synced; that it did not reach the disk looks the same as a write that a crash tore.
    const torn = new SimulatedDisk()
    await torn.makeDirectory('/gateway')
    await write(torn, bytes.subarray(0, bytes.length - 5))
    const reopened = await open(torn)
    assert.deepEqual([...reopened.waiting.keys()], ids.slice(0, 5))
    await assert.rejects(open(disk, new Uint8Array(32).fill(8)), (error: TelltaleError) => error.code === 'wrong-network')
    assert.equal((await open(disk)).waiting.size, 6)
  })

  test('takes each record once, however often it comes at the same time', async () => {
    const outbox = await open(new SimulatedDisk())
    const one = { submission: records[0]!, takenMs: 1 }
    const answers = await Promise.all([outbox.take([one, one]), outbox.take([one]), outbox.take([one])])
    assert.deepEqual(answers.map((taken) => taken.length), [1, 0, 0])
    assert.equal(outbox.waiting.size, 1)
    assert.equal(outbox.deviceBytes(DEVICE.address), outbox.waitingBytes)
    await outbox.settle(new Map([[ids[0] as string, { status: 'certified', index: 0, height: 1, receipt }]]))
    assert.deepEqual([outbox.waiting.size, outbox.waitingBytes, outbox.deviceBytes(DEVICE.address)], [0, 0, 0])
  })
})

async function write(disk: SimulatedDisk, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(PATH, 'create')
  await file.write([bytes], 0)
  await file.sync()
}
