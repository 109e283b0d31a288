import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { attachmentOf, blockCommit, createSeededRandom, row } from '@telltale/testing'
import { backupStore } from '../src/backup.ts'
import { checkStore } from '../src/check.ts'
import { createStore } from '../src/create-store.ts'
import { repairStore } from '../src/repair.ts'
import { restoreStore } from '../src/restore.ts'
import type { DiskStore } from '../src/store.ts'

const root = mkdtempSync(join(tmpdir(), 'telltale-older-'))
after(() => rmSync(root, { recursive: true, force: true }))

/** What the store of format 1 was made of: four blocks with three attachments each. The first five were dropped and their segment rewritten; so was the tenth, whose segment was not. */
const random = createSeededRandom(21)
const attachments = Array.from({ length: 12 }, () => attachmentOf(random.bytes(100)))
const DROPPED = [0, 1, 2, 3, 4, 9]

/** A store that version 0.1.0 made before its format became 2, as it lay on the disk, without its rows. */
function olderStore(): string {
  const directory = mkdtempSync(join(root, 'store-'))
  cpSync(join(import.meta.dirname, 'format-1'), directory, { recursive: true })
  return directory
}

async function open(directory: string): Promise<DiskStore> {
  const store = await createStore({ directory, create: false, segmentBytesMax: 800 })
  for (let height = store.rowsHeight + 1; height <= store.height; height++) await store.replay(height, [row(`row ${height}`, 'x')], null)
  return store
}

async function assertHeld(store: DiskStore, dropped: readonly number[]): Promise<void> {
  for (const [index, { sha256, bytes }] of attachments.entries()) {
    assert.deepEqual(await store.readAttachment(sha256), dropped.includes(index) ? null : bytes, `attachment ${index}`)
  }
}

const hashOf = (index: number): Uint8Array => attachments[index]!.sha256

describe('a store of format 1', () => {
  it('is checked as it is, opens with everything in it, and is one of format 2 from then on', async () => {
    const directory = olderStore()
    assert.match(readFileSync(join(directory, 'format'), 'utf8'), /^format 1$/m)
    const store = await open(directory)
    assert.match(readFileSync(join(directory, 'format'), 'utf8'), /^format 2$/m)
    assert.equal(store.height, 3)
    await assertHeld(store, DROPPED)
    await store.close()
    assert.deepEqual((await checkStore(directory)).problems, [])
  })

  it('goes on: new attachments, old ones that come again, old ones that are dropped and rewritten', async () => {
    const directory = olderStore()
    const store = await open(directory)
    const fresh = attachmentOf(random.bytes(100))
    await store.commit(blockCommit(4, 'block', { rows: [row('row 4', 'x')], attachments: [fresh, attachments[0]!, attachments[5]!] }))
    await assertHeld(store, [1, 2, 3, 4, 9])
    await Promise.all([6, 7, 8, 10].map((index) => store.dropAttachment(hashOf(index))))
    assert.ok(readdirSync(join(directory, 'attachments')).includes('000000000001-1.seg'), 'the segment was rewritten')
    await store.close()
    assert.deepEqual((await checkStore(directory)).problems, [])
    rmSync(join(directory, 'rows'), { recursive: true })
    const again = await open(directory)
    await assertHeld(again, [1, 2, 3, 4, 6, 7, 8, 9, 10])
    assert.deepEqual(await again.readAttachment(fresh.sha256), fresh.bytes)
    await again.close()
  })

  it('names every changed byte of its attachments, and is repaired from its backup', async () => {
    const directory = olderStore()
    const backup = join(mkdtempSync(join(root, 'backup-')), 'backup')
    const store = await open(directory)
    await backupStore(store, backup)
    await store.close()
    const path = join(directory, 'attachments', '000000000001.seg')
    const whole = readFileSync(path)
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 0x10
      writeFileSync(path, damaged)
      const { problems } = await checkStore(directory)
      assert.ok(problems.some(({ file }) => file === 'attachments/000000000001.seg'), `byte ${at}`)
    }
    const last = Buffer.from(whole)
    last[whole.length - 1]! ^= 0x10
    writeFileSync(path, last)
    const { isWhole, lost } = await repairStore(directory, backup)
    assert.deepEqual({ isWhole, lost }, { isWhole: true, lost: [] })
    const repaired = await open(directory)
    await assertHeld(repaired, DROPPED)
    await repaired.close()
    const target = join(root, 'restored')
    await restoreStore(backup, target)
    const restored = await open(target)
    await assertHeld(restored, DROPPED)
    await restored.close()
  })
})
