import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { faultRounds } from './faults.ts'
import { agreed, healthOf, startTrial } from './trial.ts'
import type { Trial } from './trial.ts'

suite('a trial network of seven processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-trial-'))
  let trial: Trial
  let size = 0
  before(async () => {
    trial = await startTrial(join(folder, 'trial'), ['--authorities', '4', '--members', '3', '--block-ms', '500'])
  })
  after(async () => {
    await trial.running.interrupt()
    rmSync(folder, { recursive: true, force: true })
  })

  test('has what a member took final and certified on every node, with the same roots', async () => {
    assert.deepEqual(trial.nodes.map(({ name }) => name), ['authority-1', 'authority-2', 'authority-3', 'authority-4', 'member-1', 'member-2', 'member-3'])
    const startedMs = performance.now()
    const { status, results } = await trial.admit(trial.nodes.at(-1)!)
    assert.deepEqual([status, results[0]?.status], [200, 'certified'], JSON.stringify(results))
    await agreed(trial.nodes, (size += 1), 30_000)
    console.log(`certified and final everywhere after ${Math.round(performance.now() - startedMs)} ms, blocks of 500 ms`)
  })

  test('makes no blocks while nobody says anything', async () => {
    const before = await healthOf(trial.nodes[0]!)
    await new Promise((settle) => setTimeout(settle, 3000))
    assert.equal((await healthOf(trial.nodes[0]!)).height, before.height)
  })

  test('goes on while a node is killed, or stopped for a while, and takes it back in', async () => {
    const { kills, pauses, certified } = await faultRounds(trial, { rounds: 2, seed: 4, certified: size })
    assert.deepEqual([kills, pauses, certified], [1, 1, size + 6])
  })
})
