import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { compareBytes } from '@telltale/core'
import { highestId, withNonce } from '@telltale/ledger'
import { createNonceSearch } from '../../src/mining/nonce-search.ts'
import { createWorkerMiner } from '../../src/mining/worker-miner.ts'

const HEADER = new Uint8Array(243).map((_, i) => i * 7)
const IMPOSSIBLE = Number.MAX_SAFE_INTEGER

function shows(headerBytes: Uint8Array, nonce: Uint8Array, difficulty: number): boolean {
  const id = new Uint8Array(createHash('sha256').update(withNonce(headerBytes, nonce)).digest())
  return compareBytes(id, highestId(difficulty)) <= 0
}

suite('mining', () => {
  const miner = createWorkerMiner(2)
  after(() => miner.close())

  test('finds the first nonce that the host\'s SHA-256 agrees with, at every length of a header', () => {
    for (let length = 56; length < 260; length++) {
      const header = new Uint8Array(length).map((_, i) => i * 5 + length)
      const start = new Uint8Array([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xf0])
      const nonce = createNonceSearch(header, 40, start).try(100_000)
      assert.ok(nonce && shows(header, nonce, 40), String(length))
      for (let n = 0xffff_fff0n; ; n++) {
        const earlier = new Uint8Array(8)
        new DataView(earlier.buffer).setBigUint64(0, n)
        if (compareBytes(earlier, nonce) === 0) break
        assert.ok(!shows(header, earlier, 40), `${length}: ${n}`)
      }
    }
  })

  test('in threads, and tells how fast', async () => {
    const nonce = await miner.solve(HEADER, 2 ** 19, AbortSignal.timeout(20_000))
    assert.ok(nonce && shows(HEADER, nonce, 2 ** 19))
    assert.equal(miner.status().threads, 2)
    assert.ok(miner.status().tries >= 4096)
  })

  test('ends when it is called off, or when something else is wanted', async () => {
    const control = new AbortController()
    const first = miner.solve(HEADER, IMPOSSIBLE, control.signal)
    const second = miner.solve(HEADER, IMPOSSIBLE, control.signal)
    assert.equal(await first, null)
    await wait(300)
    assert.ok(miner.status().triesPerSecond > 0)
    control.abort()
    assert.equal(await second, null)
    await wait(50)
    const { tries } = miner.status()
    await wait(50)
    assert.equal(miner.status().tries, tries, 'the threads rest')
    assert.equal(await miner.solve(HEADER, 2, AbortSignal.abort()), null)
    assert.ok(await miner.solve(HEADER, 2, new AbortController().signal))
  })

  test('goes on with more threads, rests with none, and finds with those that come then', async () => {
    const own = createWorkerMiner(1)
    try {
      const control = new AbortController()
      const search = own.solve(HEADER, IMPOSSIBLE, control.signal)
      await own.setThreads(2)
      const { tries: before } = own.status()
      await until(() => own.status().tries > before)
      await own.setThreads(0)
      const { tries, threads, triesPerSecond } = own.status()
      await wait(50)
      assert.deepEqual([own.status().tries, threads, triesPerSecond], [tries, 0, 0], 'nobody works')
      control.abort()
      assert.equal(await search, null)
      const other = own.solve(HEADER, 2 ** 12, new AbortController().signal)
      await wait(20)
      await own.setThreads(1)
      const nonce = await other
      assert.ok(nonce && shows(HEADER, nonce, 2 ** 12))
    } finally {
      await own.close()
    }
  })
})

async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000
  while (!holds()) {
    assert.ok(performance.now() < endMs, 'it never happened')
    await wait(10)
  }
}
