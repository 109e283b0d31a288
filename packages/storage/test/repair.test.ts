import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { EMPTY_STATE, assertRecovered, blockCommit, createSeededRandom, createStoreScript } from '@telltale/testing'
import { backupStore } from '../src/backup.ts'
import { checkStore } from '../src/check.ts'
import { createStore } from '../src/create-store.ts'
import { repairStore } from '../src/repair.ts'
import type { DiskStore } from '../src/store.ts'

const root = mkdtempSync(join(tmpdir(), 'telltale-repair-'))
after(() => rmSync(root, { recursive: true, force: true }))

const script = createStoreScript(createSeededRandom(44), 40)
const state = script.calls.at(-1)?.after ?? EMPTY_STATE
const original = join(root, 'original')
const backup = join(root, 'backup')
let count = 0

function open(directory: string): Promise<DiskStore> {
  return createStore({ directory, create: false, segmentBytesMax: 2_500 })
}

before(async () => {
  const store = await createStore({ directory: original, create: true, segmentBytesMax: 2_500 })
  for (const call of script.calls) await call.run(store)
  await backupStore(store, backup)
  await store.close()
})

function damagedCopy(damage: (directory: string) => void): string {
  const directory = join(root, `copy-${count++}`)
  cpSync(original, directory, { recursive: true })
  damage(directory)
  return directory
}

function flip(file: string, offset: number): void {
  const bytes = readFileSync(file)
  bytes[offset] = (bytes[offset] as number) ^ 0x40
  writeFileSync(file, bytes)
}

async function assertWhole(directory: string): Promise<void> {
  assert.deepEqual((await checkStore(directory)).problems, [])
  const store = await open(directory)
  await assertRecovered(store, script, state, state, { isSideDurable: true })
  await store.close()
}

/** Segment files, but not those that a rewrite has made of what is in the backup. */
function segments(log: string): string[] {
  return readdirSync(join(original, log)).map((name) => `${log}/${name}`)
}

describe('repairing from a backup', () => {
  it('leaves a whole store as it is, but for its rows', async () => {
    const directory = damagedCopy(() => undefined)
    const report = await repairStore(directory, backup)
    assert.deepEqual([report.lost, report.isWhole, report.repaired.length], [[], true, 1])
    await assertWhole(directory)
  })

  it('puts damaged, cut and missing segments right', async () => {
    const damages: Record<string, (file: string) => void> = {
      'flipped head': (file) => flip(file, 70),
      'flipped contents': (file) => flip(file, 200),
      'flipped start': (file) => flip(file, 5),
      cut: (file) => truncateSync(file, 150),
      emptied: (file) => truncateSync(file, 0),
      missing: (file) => rmSync(file),
    }
    for (const log of ['blocks', 'attachments', 'side']) {
      const files = segments(log)
      assert.ok(files.length > (log === 'side' ? 0 : 1), log)
      for (const [name, damage] of Object.entries(damages)) {
        for (const file of new Set([files[0], files.at(-1)] as string[])) {
          if (readFileSync(join(original, file)).length < 260) continue
          const directory = damagedCopy((copy) => damage(join(copy, file)))
          const report = await repairStore(directory, backup)
          assert.deepEqual([report.lost, report.isWhole], [[], true], `${file} ${name}`)
          await assertWhole(directory).catch((error: unknown) => assert.fail(`${file} ${name}: ${String(error)}`))
        }
      }
    }
  })

  it('puts the file "format" right', async () => {
    const directory = damagedCopy((copy) => flip(join(copy, 'format'), 3))
    assert.equal((await repairStore(directory, backup)).isWhole, true)
    await assertWhole(directory)
  })

  it('refuses a backup that is damaged itself', async () => {
    const copy = join(root, 'bad-backup')
    cpSync(backup, copy, { recursive: true })
    flip(join(copy, 'blocks/000000000000.seg'), 100)
    await assert.rejects(repairStore(damagedCopy(() => undefined), copy), { code: 'backup-damaged' })
  })

  it('takes nothing from the backup of another history', async () => {
    const other = join(root, 'other')
    const store = await createStore({ directory: other, create: true, segmentBytesMax: 2_500 })
    for (const call of createStoreScript(createSeededRandom(45), 40).calls) await call.run(store)
    await backupStore(store, join(root, 'other-backup'))
    await store.close()
    const directory = damagedCopy((copy) => flip(join(copy, 'blocks/000000000000.seg'), 200))
    const report = await repairStore(directory, join(root, 'other-backup'))
    assert.equal(report.isWhole, false)
    assert.equal(report.lost.length, 1)
  })
})

describe('repairing without a backup', () => {
  it('says what is lost and leaves it, until the loss is accepted', async () => {
    for (const file of ['blocks/000000000001.seg', 'attachments/000000000001.seg']) {
      const directory = damagedCopy((copy) => flip(join(copy, segments(file.split('/')[0] as string).find((name) => name.startsWith(file.slice(0, -4))) as string), 70))
      const refused = await repairStore(directory, null)
      // Where the frame said that attachments were dropped, they are lost with it.
      assert.deepEqual([refused.isWhole, refused.lost.filter((line) => line.includes('frames')).length], [false, 1])
      assert.ok((await checkStore(directory)).problems.length > 0)
      const report = await repairStore(directory, null, { acceptLoss: true })
      assert.deepEqual([report.isWhole, report.lost], [true, refused.lost])
      assert.deepEqual((await checkStore(directory)).problems, [], file)
      const store = await open(directory)
      assert.ok(store.height >= 0 && store.height <= state.blocks.length - 1)
      for (let height = 0; height <= store.height; height++) {
        const { id } = await store.readBlock(height)
        const commit = script.commits.get(Buffer.from(id).toString('hex'))
        await store.replay(height, commit?.rows ?? [], null)
      }
      await store.commit(blockCommit(store.height + 1, 'next'))
      await store.close()
      assert.deepEqual((await checkStore(directory)).problems, [], file)
      await (await open(directory)).close()
    }
  })

  it('marks lost statements without being asked', async () => {
    const directory = damagedCopy((copy) => flip(join(copy, 'side/000000000000.seg'), 70))
    const report = await repairStore(directory, null)
    assert.deepEqual([report.isWhole, report.lost.length], [true, 1])
    assert.deepEqual((await checkStore(directory)).problems, [])
    await (await open(directory)).close()
  })

  it('gives up what was signed only when that is accepted', async () => {
    const directory = damagedCopy((copy) => [40, 4_096 + 40].forEach((offset) => flip(join(copy, 'signed'), offset)))
    assert.equal((await repairStore(directory, null)).isWhole, false)
    await assert.rejects(open(directory), { code: 'signed-state-damaged' })
    assert.equal((await repairStore(directory, null, { acceptLoss: true })).isWhole, true)
    const store = await open(directory)
    assert.equal(store.signed, null)
    await store.close()
    assert.deepEqual((await checkStore(directory)).problems, [])
  })
})
