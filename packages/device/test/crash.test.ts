import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { signStatement, x25519PublicKey } from '@telltale/core'
import { openDevice } from '../src/device.ts'
import type { Device } from '../src/device.ts'
import { instructionFields } from '../src/instruction.ts'
import type { Instruction } from '../src/instruction.ts'
import { DEVICE, NETWORK, OWNER } from './people.ts'
import type { Contact } from './people.ts'
import { createRig, reading } from './rig.ts'
import type { Rig } from './rig.ts'

/** The power goes: nothing that would run afterwards runs. */
class PowerLoss extends Error {}

interface Power {
  contact: Contact
  /** What was being done when it went. */
  lostAt: string | null
}

/** Lets the n-th contact with the world be the last, before it has its effect or after. From then on nothing has any effect. */
function powerUntil(contactCount: number, isAfter: boolean): Power {
  let count = 0
  const power: Power = {
    lostAt: null,
    contact: async (what, work) => {
      if (power.lostAt !== null) throw new PowerLoss(what)
      count += 1
      if (count < contactCount) return work()
      power.lostAt = what
      if (isAfter) await work()
      throw new PowerLoss(what)
    },
  }
  return power
}

const READER = x25519PublicKey(new Uint8Array(32).fill(9))

async function obey(device: Device, instruction: Instruction): Promise<void> {
  await device.obey(instruction, await signStatement('consent', NETWORK, instructionFields(DEVICE.address, instruction), OWNER.signer))
}

/** A day of a device; answers with the values that were acknowledged, as far as it came. */
async function live(rig: Rig, contact: Contact, acknowledged: number[], from: number): Promise<void> {
  const device = await openDevice(rig.start(contact))
  let value = from
  const record = async (count: number): Promise<void> => {
    const values = Array.from({ length: count }, () => value++)
    for (const one of values) await device.record('odometer', 0, [reading(one)])
    await device.flush()
    acknowledged.push(...values)
  }
  await record(2)
  const epoch = await device.nextEpoch('odometer')
  await obey(device, { kind: 'grant', stream: 'odometer', epoch, reader: OWNER.address, sealKeyNumber: 0, sealKey: READER, from: 0, to: null, days: 30 })
  await record(1)
  await obey(device, { kind: 'revoke', stream: 'odometer', epoch, reader: null })
  await record(2)
  await device.flush()
}

function rises(values: number[]): boolean {
  return values.every((value, i) => i === 0 || value > values[i - 1]!)
}

async function crashAndRecover(contactCount: number, isAfter: boolean, prepare: (rig: Rig) => Promise<void> = async () => undefined): Promise<string | null> {
  const rig = createRig(['odometer'])
  await prepare(rig)
  const before = rig.ledger.values('odometer', rig.disk.secrets)
  const acknowledged: number[] = []
  const power = powerUntil(contactCount, isAfter)
  try {
    await live(rig, power.contact, acknowledged, 100)
  } catch (error) {
    if (!(error instanceof PowerLoss)) throw error
  }
  const where = `${isAfter ? 'after' : 'before'} contact ${contactCount} (${String(power.lostAt)})`
  const device = await openDevice(rig.start())
  await device.record('odometer', 0, [reading(1000)])
  await device.flush()
  const values = rig.ledger.values('odometer', rig.disk.secrets)
  for (const value of [...before, ...acknowledged, 1000]) assert.equal(values.filter((item) => item === value).length, 1, `${value} stands in the ledger once, ${where}`)
  assert.ok(rises(values), `nothing doubled, nothing out of order, ${where}: ${values.join(' ')}`)
  for (let sequence = 0; sequence <= rig.ledger.said('odometer').length; sequence++) assert.ok(rig.ledger.idsAt('odometer', sequence) <= 1, `place ${sequence} was signed for once, ${where}`)
  assert.deepEqual([device.refused, device.resumed, device.forks], [[], [], []], where)
  return power.lostAt
}

suite('power lost at every step', () => {
  for (const isAfter of [false, true]) {
    test(`${isAfter ? 'after' : 'before'} the step had its effect: no record lost, none doubled, no place signed for twice`, async () => {
      const steps = new Set<string>()
      for (let contactCount = 1; contactCount < 1000; contactCount++) {
        const lostAt = await crashAndRecover(contactCount, isAfter)
        if (lostAt === null) {
          assert.deepEqual([...steps].sort(), ['counter', 'get secret', 'has secret', 'load', 'save', 'stream head', 'submit'])
          return
        }
        steps.add(lostAt)
      }
      assert.fail('the day never ended')
    })
  }

  test('with records that wait from before', async () => {
    const prepare = async (rig: Rig): Promise<void> => {
      const device = await openDevice(rig.start())
      await device.record('odometer', 0, [reading(1)])
      await device.flush()
      rig.ledger.refuse('pool-full')
      for (const value of [2, 3]) await device.record('odometer', 0, [reading(value)])
      await assert.rejects(device.flush())
      rig.ledger.refuse(null)
    }
    for (let contactCount = 1; contactCount < 1000; contactCount++) {
      if ((await crashAndRecover(contactCount, contactCount % 2 === 0, prepare)) === null) return
    }
    assert.fail('the day never ended')
  })

  test('while refused records are put away: each is kept, and what it stands against is shown once', async () => {
    for (let contactCount = 1; contactCount < 1000; contactCount++) {
      const rig = createRig(['odometer'])
      const first = await openDevice(rig.start())
      await first.record('odometer', 0, [reading(1)])
      await first.flush()
      rig.ledger.refuse('pool-full')
      for (const value of [2, 3]) await first.record('odometer', 0, [reading(value)])
      await assert.rejects(first.flush())
      const older = rig.disk.state
      rig.ledger.refuse(null)
      rig.disk.state = null
      const second = await openDevice(rig.start())
      await second.record('odometer', 0, [reading(4)])
      await second.flush()
      rig.disk.state = older
      const power = powerUntil(contactCount, contactCount % 2 === 0)
      await openDevice(rig.start(power.contact)).catch((error: unknown) => assert.ok(error instanceof PowerLoss))
      const device = await openDevice(rig.start())
      await device.flush()
      assert.deepEqual(rig.disk.refused.map((item) => item.sequence).sort((a, b) => a - b), [1, 2], String(power.lostAt))
      const notes = rig.ledger.said(`${DEVICE.address}/odometer`).map((note) => note.args.map(String).join())
      assert.equal(notes.length, 2, String(power.lostAt))
      assert.equal(new Set(notes).size, 2, String(power.lostAt))
      if (power.lostAt === null) return
    }
    assert.fail('the day never ended')
  })
})
