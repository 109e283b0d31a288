import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { blockCommit } from '@telltale/testing'
import { createStore } from '../src/create-store.ts'
import { checkStore } from '../src/check.ts'

const root = mkdtempSync(join(tmpdir(), 'telltale-kill-'))
after(() => rmSync(root, { recursive: true, force: true }))

/** Runs the writer until it has acknowledged so many blocks, then kills it. Returns the last height that it acknowledged. */
async function writeAndKill(directory: string, blocks: number): Promise<number> {
  const writer = spawn(process.execPath, [fileURLToPath(import.meta.resolve('./block-writer.ts')), directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  let last = -1
  let count = 0
  for await (const line of createInterface({ input: writer.stdout })) {
    last = Number(line)
    count += 1
    if (count === 1) await assert.rejects(createStore({ directory, create: false }), { code: 'store-in-use' })
    if (count >= blocks) writer.kill('SIGKILL')
  }
  return last
}

describe('a process that is killed', () => {
  it('leaves every block that it acknowledged, and a store that can be opened at once', async () => {
    const directory = join(root, 'store')
    let height = -1
    for (const blocks of [5, 40, 1]) {
      const acknowledged = await writeAndKill(directory, blocks)
      assert.ok(acknowledged > height)
      const store = await createStore({ directory, create: false })
      assert.ok(store.height === acknowledged || store.height === acknowledged + 1, `acknowledged ${acknowledged}, found ${store.height}`)
      for (let at = 0; at <= store.height; at++) assert.deepEqual(await store.readBlock(at), blockCommit(at).block)
      height = store.height
      await store.close()
    }
    assert.deepEqual((await checkStore(directory)).problems, [])
  })
})
