import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EMPTY_STATE, SimulatedDisk, assertRecovered, createSeededRandom, createSimulatedRows, createStoreScript } from '@telltale/testing'
import type { ScriptedState, StoreScript } from '@telltale/testing'
import { TelltaleError } from '@telltale/core'
import { checkStore } from '../src/check.ts'
import { createStore } from '../src/create-store.ts'
import { createMemoryRows } from '../src/memory-rows.ts'
import type { RowsHome } from '../src/rows.ts'
import type { DiskStore } from '../src/store.ts'

const DIRECTORY = '/data/store'
/** Codes with which a store may refuse to open or to read when a byte of its files is wrong. */
const CODES = new Set(['segment-damaged', 'signed-state-damaged', 'format-file-damaged', 'not-a-store', 'store-too-new'])

interface Made {
  disk: SimulatedDisk
  rows: RowsHome
  script: StoreScript
  state: ScriptedState
}

/** A small store that was closed, with everything in it: several segments, reverts, dropped attachments, statements, signed states. */
async function makeStore(seed: number): Promise<Made> {
  const disk = new SimulatedDisk()
  const rows = createSimulatedRows(disk, createMemoryRows)
  const script = createStoreScript(createSeededRandom(seed), 14)
  const store = await createStore({ directory: DIRECTORY, create: true, disk, rows, segmentBytesMax: 1_200 })
  for (const call of script.calls) await call.run(store)
  await store.close()
  return { disk, rows, script, state: script.calls.at(-1)?.after ?? EMPTY_STATE }
}

function flip(disk: SimulatedDisk, path: string, offset: number, mask: number): void {
  disk.damage(path, (bytes) => {
    bytes[offset] = (bytes[offset] as number) ^ mask
    return bytes
  })
}

/** Opens the store and reads everything: true where all is as it should be, false where it is refused with a code. */
async function readsRight({ disk, rows, script, state }: Made): Promise<boolean> {
  let store: DiskStore | null = null
  try {
    store = await createStore({ directory: DIRECTORY, create: false, disk, rows, segmentBytesMax: 1_200 })
    await assertRecovered(store, script, state, state, { isSideDurable: true })
    return true
  } catch (error) {
    if (!(error instanceof TelltaleError) || !CODES.has(error.code)) throw error
    return false
  } finally {
    await store?.close()
  }
}

describe('a byte that changed', () => {
  it('anywhere in the files gives the same contents or a refusal, and is named by the check', async () => {
    const made = await makeStore(3)
    const { disk, rows } = made
    assert.equal(await readsRight(made), true)
    assert.deepEqual((await checkStore(DIRECTORY, { disk, rows })).problems, [])
    const random = createSeededRandom(99)
    let refused = 0
    let tried = 0
    for (const path of disk.paths()) {
      const file = path.slice(DIRECTORY.length + 1)
      const original = disk.contents(path)
      // The two slots of "signed" are mostly padding: of that some bytes will do.
      const stride = file === 'signed' ? 61 : 5
      for (let offset = random.below(stride); offset < original.length; offset += stride) {
        flip(disk, path, offset, 1 + random.below(255))
        const { problems } = await checkStore(DIRECTORY, { disk, rows })
        const isNamed = problems.some((problem) => problem.file === file && (problem.length === 0 || (offset >= problem.offset && offset < problem.offset + problem.length)))
        assert.ok(isNamed, `${file}, byte ${offset}: ${JSON.stringify(problems)}`)
        const isRight = await readsRight(made).catch((error: unknown) => assert.fail(`${file}, byte ${offset}: ${String(error)}`))
        refused += isRight ? 0 : 1
        tried += 1
        disk.damage(path, () => original)
      }
    }
    assert.ok(tried > 600 && refused > tried / 2, `${refused} of ${tried} refused`)
  })
})
