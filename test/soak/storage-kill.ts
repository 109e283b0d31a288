/**
 * Kills a process that writes to a store on the real disk at random instants, again and again: everything it acknowledged is there each time, and
 * in the end the check finds nothing. `storage-kill.ts [SEED] [SECONDS]`; `storage-kill.ts write DIRECTORY SEED CALL` is the process that is killed.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { checkStore, createStore } from '@telltale/storage'
import { EMPTY_STATE, assertRecovered, createSeededRandom, createStoreScript, replayScript } from '@telltale/testing'
import type { ScriptedState, StoreScript } from '@telltale/testing'

const CALLS = 800

function scriptOf(seed: number): StoreScript {
  return createStoreScript(createSeededRandom(seed), CALLS)
}

/** Goes on with the script at a call, and writes the number of each that is acknowledged. */
async function write(directory: string, seed: number, first: number): Promise<void> {
  const script = scriptOf(seed)
  const store = await createStore({ directory, create: true, segmentBytesMax: 20_000 })
  await replayScript(store, script)
  for (let call = first; call < CALLS; call++) {
    await script.calls[call]?.run(store)
    process.stdout.write(`${call}\n`)
  }
  await store.close()
}

async function writeAndKill(directory: string, seed: number, first: number, delayMs: number): Promise<number> {
  const writer = spawn(process.execPath, [import.meta.filename, 'write', directory, String(seed), String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let last = first - 1
  let timer: NodeJS.Timeout | null = null
  for await (const line of createInterface({ input: writer.stdout })) {
    last = Number(line)
    timer ??= setTimeout(() => writer.kill('SIGKILL'), delayMs)
  }
  return last
}

/** Whether the call that was under way is in the store: then the script goes on behind it. */
async function verify(directory: string, script: StoreScript, last: number): Promise<number> {
  const before = script.calls[last]?.after ?? EMPTY_STATE
  const states: [ScriptedState, ScriptedState] = [before, script.calls[last + 1]?.after ?? before]
  const store = await createStore({ directory, create: false, segmentBytesMax: 20_000 })
  try {
    await assertRecovered(store, script, states[0], states[1], { isSideDurable: true })
    // The call under way is made again, unless it was a block that is there already, or one that is gone already.
    const isDone = store.height === states[1].blocks.length - 1 && states[0].blocks.length !== states[1].blocks.length
    const kept: Uint8Array[] = []
    for await (const bytes of store.kept('cosignature')) kept.push(bytes)
    const isKept = kept.length === states[1].kept.length && states[0].kept.length !== states[1].kept.length
    const isSigned = states[0].signed !== states[1].signed && JSON.stringify(store.signed) === JSON.stringify(states[1].signed)
    return last + (isDone || isKept || isSigned ? 2 : 1)
  } finally {
    await store.close()
  }
}

async function main(seed: number, seconds: number): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'telltale-soak-kill-'))
  const directory = join(root, 'store')
  const script = scriptOf(seed)
  const random = createSeededRandom(seed)
  const end = performance.now() + seconds * 1_000
  let next = 0
  let kills = 0
  console.log(`seed ${seed}, ${seconds} s`)
  try {
    while (performance.now() < end && next < CALLS) {
      const last = await writeAndKill(directory, seed, next, random.below(400))
      next = await verify(directory, script, last)
      kills += 1
    }
    assert.deepEqual((await checkStore(directory)).problems, [])
    console.log(`held: ${kills} kills in ${next} calls`)
  } catch (error) {
    console.error(`failed with seed ${seed} after ${kills} kills, at call ${next}`, error)
    process.exitCode = 1
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const [first, directory, seed, call] = process.argv.slice(2)
if (first === 'write') await write(directory as string, Number(seed), Number(call))
else await main(Number(first ?? 1), Number(directory ?? 30))
