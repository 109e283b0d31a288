import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { hexToBytes } from '@telltale/core'
import { agreed, startTrial } from './trial.ts'
import type { Trial } from './trial.ts'

interface Work {
  id: string
  header: string
  difficulty: number
}

/** `telltale mine` for a node, until it is interrupted. */
function startMiner(url: string): { ended: Promise<string>; interrupt(): void } {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../apps/cli/src/main.ts'), 'mine', '--node', url, '--threads', '1', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (piece: Buffer) => void (out += piece.toString()))
  return { ended: new Promise((settle) => child.on('close', () => settle(out))), interrupt: () => void child.kill('SIGINT') }
}

suite('a trial network in which anyone may seal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-work-'))
  let trial: Trial
  let url = ''
  before(async () => {
    trial = await startTrial(join(folder, 'trial'), ['--authorities', '1', '--members', '0', '--sealers', 'anyone', '--work', '12', '--mining-threads', '0', '--block-ms', '200'])
    url = trial.nodes[0]!.url
  })
  after(async () => {
    await trial.running.interrupt()
    rmSync(folder, { recursive: true, force: true })
  })

  const work = async (): Promise<Work | null> => ((await (await fetch(`${url}/v1/work`)).json()) as { work: Work | null }).work
  const bring = async (id: string, nonce: string): Promise<string> => {
    const response = await fetch(`${url}/v1/work`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id, nonce }) })
    const { code = 'taken' } = (await response.json()) as { code?: string }
    return `${response.status} ${code}`
  }

  test('makes blocks of the work that is brought to it, and no others', async () => {
    assert.equal(await work(), null)
    const admitted = trial.admit(trial.nodes[0]!)
    let wanted = await work()
    while (!wanted) {
      await wait(50)
      wanted = await work()
    }
    assert.equal(wanted.difficulty, 4096)
    const [good, bad] = noncesOf(wanted)
    assert.equal(await bring(wanted.id, bad), '400 insufficient-work')
    assert.equal(await bring('00'.repeat(32), good), '409 stale-work')
    assert.equal(await bring(wanted.id, good), '200 taken')
    assert.equal(await bring(wanted.id, good), '409 stale-work')
    const miners = [startMiner(url), startMiner(url)]
    assert.equal((await admitted).results[0]?.status, 'certified')
    await agreed(trial.nodes, 1, 30_000)
    for (const miner of miners) miner.interrupt()
    const mined = (await Promise.all(miners.map(({ ended }) => ended))).map((out) => JSON.parse(out) as { blocks: number; tries: number })
    assert.ok(mined.reduce((sum, { blocks }) => sum + blocks, 0) >= 1, JSON.stringify(mined))
  })
})

/** A nonce that shows the work, and one that does not. */
function noncesOf({ header, difficulty }: Work): [string, string] {
  const bytes = Buffer.from(hexToBytes(header))
  let bad = ''
  for (let tries = 0; ; tries++) {
    bytes.writeUInt32BE(tries, bytes.length - 4)
    const id = BigInt(`0x${createHash('sha256').update(bytes).digest('hex')}`)
    const nonce = bytes.subarray(-8).toString('hex')
    if (id * BigInt(difficulty) < 1n << 256n) return [nonce, bad]
    bad = nonce
  }
}
