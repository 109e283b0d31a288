import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { TelltaleError, asArray, createRecordKeys, decodeTransaction, openGrant, portable, signStatement, x25519PublicKey } from '@telltale/core'
import type { DisclosedNode, Transaction } from '@telltale/core'
import { openDevice } from '../src/device.ts'
import type { Device } from '../src/device.ts'
import { instructionFields } from '../src/instruction.ts'
import type { GrantInstruction, Instruction } from '../src/instruction.ts'
import { epochIn } from './fake-ledger.ts'
import { DEVICE, NETWORK, OWNER, person } from './people.ts'
import type { Person } from './people.ts'
import { createRig, reading } from './rig.ts'
import type { Rig } from './rig.ts'

const SECRET = new Uint8Array(32).fill(3)
const READER = person('reader').address
const coded = (code: string) => (error: unknown) => error instanceof TelltaleError && error.code === code

function grant(parts: Partial<GrantInstruction> = {}): GrantInstruction {
  return { kind: 'grant', stream: 'odometer', epoch: 0, reader: READER, sealKeyNumber: 0, sealKey: x25519PublicKey(SECRET), from: 0, to: null, days: 30, ...parts }
}

async function tell(device: Device, instruction: Instruction, signer: Person = OWNER, signed: Instruction = instruction): Promise<void> {
  await device.obey(instruction, await signStatement('consent', NETWORK, instructionFields(DEVICE.address, signed), signer.signer))
}

async function record(device: Device, values: number[]): Promise<void> {
  for (const value of values) await device.record('odometer', 0, [reading(value)])
  await device.flush()
}

function grants(rig: Rig): Transaction[] {
  return rig.ledger.said(DEVICE.address).filter((item) => item.call === 18)
}

/** What a grant opens for its reader. */
async function opened(rig: Rig, { args }: Transaction): Promise<DisclosedNode[]> {
  const [reader, sealKeyNumber, stream, epoch, range, attachment] = args as [string, number, string, number, [number, number | null], [Uint8Array, number], number]
  const sealed = rig.ledger.attachment(attachment[0]) as Uint8Array
  assert.equal(sealed.length, attachment[1])
  const judged = await openGrant(SECRET, { network: NETWORK, device: DEVICE.address, reader, sealKeyNumber, stream, epoch, from: range[0], to: range[1] }, sealed)
  assert.ok(judged.ok, 'the grant opens')
  return judged.value
}

suite('readers', () => {
  test('a grant for a range opens exactly that range', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await record(device, [0, 1, 2, 3, 4, 5])
    await tell(device, grant({ from: 2, to: 4 }))
    assert.deepEqual(grants(rig)[0]!.args.slice(0, 5), [READER, 0, 'odometer', 0, [2, 4]])
    const keys = createRecordKeys(await opened(rig, grants(rig)[0]!), portable)
    assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map((number) => keys(number) !== null), [false, false, true, true, true, false, false])
    assert.deepEqual(device.readers, [], 'what is past needs nobody to stand')
  })

  test('a standing reader is granted each epoch as it begins, one who was revoked is not', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await record(device, [0, 1])
    const other = person('other reader').address
    await tell(device, grant())
    await tell(device, grant({ reader: other }))
    await tell(device, { kind: 'revoke', stream: 'odometer', epoch: 0, reader: other })
    await record(device, [2, 3])
    assert.deepEqual(rig.ledger.said('odometer').map(epochIn), [0, 0, 1, 1])
    assert.deepEqual(grants(rig).map(({ args }) => [args[0], args[3], args[4]]), [[READER, 0, [0, null]], [other, 0, [0, null]], [READER, 1, [2, null]]])
    const keys = createRecordKeys(await opened(rig, grants(rig)[2]!), portable)
    assert.ok(keys(2) !== null && keys(1) === null)
    const restarted = await openDevice(rig.start())
    assert.deepEqual(restarted.readers.map((reader) => reader.reader), [READER])
  })

  test('one who is let read the past of several epochs gets a grant for each', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await record(device, [0, 1])
    await tell(device, { kind: 'revoke', stream: 'odometer', epoch: 0, reader: null })
    await record(device, [2, 3])
    await tell(device, grant({ epoch: 1, from: 1, to: 2 }))
    assert.deepEqual(grants(rig).map(({ args }) => [args[3], args[4]]), [[0, [1, 1]], [1, [2, 2]]])
  })

  test('a reader of what is still to come is granted it once there is something', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await tell(device, grant())
    assert.equal(grants(rig).length, 0)
    await record(device, [0])
    assert.deepEqual(grants(rig).map(({ args }) => args[4]), [[0, null]])
  })

  test('only the owner commands, only what was signed, and each instruction once', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await record(device, [0])
    await assert.rejects(tell(device, grant(), person('thief')), coded('not-the-owner'))
    await assert.rejects(tell(device, grant(), OWNER, grant({ to: 5 })), coded('not-the-owner'))
    await assert.rejects(tell(device, { kind: 'forget', stream: 'odometer', epoch: 0, from: 0, to: 0 }, OWNER, grant()), coded('not-the-owner'))
    assert.equal(grants(rig).length, 0)
    await tell(device, grant())
    await assert.rejects(tell(device, grant()), coded('already-granted'))
    await tell(device, { kind: 'revoke', stream: 'odometer', epoch: 0, reader: READER })
    await assert.rejects(tell(device, grant()), coded('stale-instruction'))
    await assert.rejects(tell(device, { kind: 'revoke', stream: 'odometer', epoch: 0, reader: READER }), coded('stale-instruction'))
    rig.disk.state = null
    const restarted = await openDevice(rig.start())
    await assert.rejects(tell(restarted, grant()), coded('stale-instruction'), 'also where the state was lost')
    assert.equal(grants(rig).length, 1)
  })

  test('an instruction that no ledger could take is refused before anything is signed', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await record(device, [0])
    await assert.rejects(tell(device, grant({ from: 3, to: 2 })), coded('wrong-shape'))
    await assert.rejects(tell(device, grant({ days: 40_000 })), coded('wrong-shape'))
    await assert.rejects(tell(device, grant({ sealKey: new Uint8Array(32) })), coded('weak-key'))
    await tell(device, grant())
    assert.equal(grants(rig).length, 1)
  })

  test('a grant that the ledger refuses is said so, and may be given again', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await record(device, [0])
    rig.ledger.refuse('unknown-seal-key', true)
    await assert.rejects(tell(device, grant()), coded('unknown-seal-key'))
    rig.ledger.refuse(null)
    await tell(device, grant())
    assert.equal(grants(rig).length, 1)
  })

  test('several that wait behind one that is refused are numbered anew', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await record(device, [0])
    const { submitter } = rig.start()
    let isFirst = true
    const picky = await openDevice({
      ...rig.start(),
      submitter: {
        ...submitter,
        async submit(submission) {
          const { call } = decodeTransaction(submission.bytes)
          if (call !== 18 || !isFirst) return submitter.submit(submission)
          isFirst = false
          rig.ledger.refuse('unknown-seal-key', true)
          const answer = submitter.submit(submission)
          rig.ledger.refuse(null)
          return answer
        },
      },
    })
    await tell(picky, { kind: 'revoke', stream: 'odometer', epoch: 0, reader: null })
    await record(picky, [1])
    await assert.rejects(tell(picky, grant({ epoch: 1, from: 0, to: 1 })), coded('unknown-seal-key'))
    assert.deepEqual(grants(rig).map(({ sequence, args }) => [sequence, args[3]]), [[0, 1]])
  })

  test('an open device has nothing to grant', async () => {
    const rig = createRig(['odometer'], { isOpen: true })
    const device = await openDevice(rig.start())
    await record(device, [0])
    await assert.rejects(tell(device, grant()), coded('open-stream'))
    await assert.rejects(tell(device, { kind: 'revoke', stream: 'odometer', epoch: 0, reader: null }), coded('open-stream'))
  })
})

suite('forgetting', () => {
  const forget = (from: number, to: number | null, epoch = 0): Instruction => ({ kind: 'forget', stream: 'odometer', epoch, from, to })

  test('a part of an epoch: the consent goes to the ledger, the secret stays', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await record(device, [0, 1, 2])
    await tell(device, forget(0, 1))
    const [said] = rig.ledger.said(DEVICE.address)
    const [stream, epoch, range, consent] = asArray(said!.args, 'forget', 4)
    assert.deepEqual([said!.call, stream, epoch, range], [19, 'odometer', 0, [0, 1]])
    assert.equal(asArray(consent, 'consent', 2)[0], 0)
    assert.ok(rig.disk.secrets.has('odometer 0'))
    await record(device, [3])
    assert.deepEqual(rig.ledger.said('odometer').map(epochIn), [0, 0, 0, 0])
  })

  test('a whole epoch: its secret goes, and the next record begins a new one', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await record(device, [0, 1])
    await tell(device, forget(0, 1))
    assert.deepEqual([...rig.disk.secrets.keys()], ['odometer 1'])
    await record(device, [2])
    assert.deepEqual(rig.ledger.said('odometer').map(epochIn), [0, 0, 1])
    await tell(device, forget(0, null))
    await record(device, [3])
    assert.deepEqual(rig.ledger.values('odometer', rig.disk.secrets), [2, 3], 'repeating it forgets nothing new')
  })

  test('the secret stays until the ledger has taken it, also across a restart', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await record(device, [0])
    rig.ledger.refuse('pool-full')
    await assert.rejects(tell(device, forget(0, null)), coded('pool-full'))
    assert.ok(rig.disk.secrets.has('odometer 0'))
    rig.ledger.refuse(null)
    await openDevice(rig.start())
    assert.ok(!rig.disk.secrets.has('odometer 0'))
  })

  test('what the ledger refuses is not forgotten', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await record(device, [0])
    rig.ledger.refuse('consent-required', true)
    await assert.rejects(tell(device, forget(0, null)), coded('consent-required'))
    rig.ledger.refuse(null)
    await device.flush()
    assert.ok(rig.disk.secrets.has('odometer 0'))
    await assert.rejects(tell(device, forget(0, null, 7)), coded('no-such-record'))
  })
})
