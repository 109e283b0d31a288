/**
 * Changes one byte after the other in LevelDB's files of a closed store, on the real disk: opened again, the store holds exactly what it held, and
 * the check names the file. `storage-level.ts [SEED] [SECONDS]`; prints seed and place of a byte that was not noticed.
 */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import { checkStore, createStore } from '@telltale/storage'
import { EMPTY_STATE, assertRecovered, createSeededRandom, createStoreScript } from '@telltale/testing'

const seed = Number(process.argv[2] ?? 1)
const seconds = Number(process.argv[3] ?? 40)
const random = createSeededRandom(seed)
const script = createStoreScript(random, 150)
const state = script.calls.at(-1)?.after ?? EMPTY_STATE
const root = mkdtempSync(join(tmpdir(), 'telltale-soak-level-'))
const original = join(root, 'original')
console.log(`seed ${seed}, ${seconds} s`)

/** Closed twice on the way, so that there are tables beside the log. */
async function makeStore(): Promise<void> {
  for (const [from, to] of [[0, 60], [60, 110], [110, 150]] as const) {
    const store = await createStore({ directory: original, create: true })
    for (const call of script.calls.slice(from, to)) await call.run(store)
    await store.close()
  }
}

async function tryByte(file: string, offset: number, mask: number): Promise<'same' | 'rebuilt'> {
  const directory = join(root, 'copy')
  rmSync(directory, { recursive: true, force: true })
  cpSync(original, directory, { recursive: true })
  const path = join(directory, 'rows', file)
  const bytes = readFileSync(path)
  bytes[offset] = (bytes[offset] as number) ^ mask
  writeFileSync(path, bytes)
  const { problems } = await checkStore(directory)
  assert.ok(problems.some((problem) => problem.file === `rows/${file}`), 'the check names the file')
  const notices: string[] = []
  const store = await createStore({ directory, create: false, onNotice: ({ code }) => notices.push(code) })
  await assertRecovered(store, script, state, state, { isSideDurable: true })
  await store.close()
  assert.deepEqual((await checkStore(directory)).problems, [])
  return notices.length === 0 ? 'same' : 'rebuilt'
}

const counts = { same: 0, rebuilt: 0 }
let place = 'making the store'
try {
  await makeStore()
  // LOG is LevelDB's diary and LOCK is empty: it reads neither.
  const files = readdirSync(join(original, 'rows')).filter((name) => !name.startsWith('LOG') && name !== 'LOCK')
  const end = performance.now() + seconds * 1_000
  while (performance.now() < end) {
    const file = random.pick(files)
    const { length } = readFileSync(join(original, 'rows', file))
    const offset = random.below(length)
    const mask = random.chance(0.5) ? 1 << random.below(8) : 1 + random.below(255)
    place = `${file}, byte ${offset} of ${length}, mask ${mask}`
    counts[await tryByte(file, offset, mask)] += 1
  }
  console.log(`held: ${counts.rebuilt} bytes made rows be rebuilt, ${counts.same} none`)
} catch (error) {
  console.error(`failed with seed ${seed}: ${place}`, error)
  process.exitCode = 1
} finally {
  rmSync(root, { recursive: true, force: true })
}
