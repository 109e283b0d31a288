import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLog } from '../../src/service/log.ts'
import { createRetentionKeeper } from '../../src/service/retention.ts'
import type { RetentionKeeper } from '../../src/service/retention.ts'
import { DAY_MS, createCar } from './aging-car.ts'
import type { AgingCar } from './aging-car.ts'

/** A keeper over a network whose blocks are made here; `certified` is what the engine says after each. */
function keep({ network }: AgingCar): { keeper: RetentionKeeper; certified(): void } {
  const listeners = new Set<() => void>()
  const onCertified = (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const keeper = createRetentionKeeper({ ledger: network.ledger, chain: { onCertified }, log: silentLog() })
  return { keeper, certified: () => listeners.forEach((listener) => listener()) }
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 200, 'it took too long')
    await sleep(10)
  }
}

suite('a node that runs', () => {
  test('drops what is old a sixteenth of the age later, and at once when it is asked', async () => {
    const car = await createCar(32 * DAY_MS)
    const { store } = car.network.ledger
    const [first, second] = [await car.record(1), await car.record(2)]
    await car.record(34)
    const { keeper, certified } = keep(car)
    certified()
    await sleep(50)
    assert.equal(store.hasAttachment(first), true, 'old, and not for long enough')
    await car.record(36)
    certified()
    await until(() => !store.hasAttachment(first) && !store.hasAttachment(second))
    const third = await car.record(37)
    await car.record(70)
    assert.equal((await keeper.dropNow()).attachments, 3)
    assert.equal(store.hasAttachment(third), false)
    await keeper.stop()
    await assert.rejects(keeper.dropNow(), { code: 'stopping' })
  })

  test('stops between two steps', async () => {
    const car = await createCar(32 * DAY_MS)
    const first = await car.record(1)
    await car.record(100)
    const { keeper, certified } = keep(car)
    await keeper.stop()
    certified()
    await sleep(20)
    assert.equal(car.network.ledger.store.hasAttachment(first), true)
  })
})
