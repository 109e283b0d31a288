import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fail } from '@telltale/core'
import { SimulatedClock } from '@telltale/testing'
import { createConnector } from '../src/connector.ts'

const HOUR_MS = 3_600_000

/** When a bootstrap address is tried within an hour, as long as `connect` does what it does. */
async function triesOf(connect: () => Promise<string>): Promise<number[]> {
  const clock = new SimulatedClock(0)
  const tries: number[] = []
  const connector = createConnector(
    {
      clock,
      random: () => 0.5,
      ownId: 'own',
      connect() {
        tries.push(clock.nowMs())
        return connect()
      },
      isConnected: () => false,
      connectedCount: () => 0,
      allows: () => true,
      onUnreachable: () => undefined,
    },
    ['address'],
  )
  connector.start()
  await clock.pass(HOUR_MS)
  connector.stop()
  return tries
}

test('an address where nobody answers is tried every ten seconds in the end, one that answers and refuses every thirty', async () => {
  const pausesOf = (tries: number[]): number[] => tries.slice(1).map((atMs, i) => atMs - tries[i]!)
  const unreachable = pausesOf(await triesOf(() => Promise.reject(fail('peer-unreachable', 'Nobody is there.'))))
  const refused = pausesOf(await triesOf(() => Promise.resolve('other')))
  assert.deepEqual([unreachable[0], Math.max(...unreachable), refused[0], Math.max(...refused)], [500, 10_000, 500, 30_000])
})
