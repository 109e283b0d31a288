import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { assertRecovered, attachmentOf, blockCommit, createSeededRandom, createStoreScript, hashOf, row, textBytes } from '@telltale/testing'
import { backupStore } from '../src/backup.ts'
import { checkStore } from '../src/check.ts'
import { createStore } from '../src/create-store.ts'
import { restoreStore } from '../src/restore.ts'
import type { DiskStore } from '../src/store.ts'

const root = mkdtempSync(join(tmpdir(), 'telltale-backup-'))
after(() => rmSync(root, { recursive: true, force: true }))

const script = createStoreScript(createSeededRandom(33), 40)
let count = 0

function path(name: string): string {
  return join(root, `${name}-${count++}`)
}

function open(directory: string): Promise<DiskStore> {
  return createStore({ directory, create: true, segmentBytesMax: 2_500 })
}

function signed(size: number): Parameters<DiskStore['writeSigned']>[0] {
  return { sealedHeight: 1_000, sealedId: hashOf(textBytes('id')), size, logRoot: hashOf(textBytes(`root ${size}`)), issuedAtSeconds: 10_000 + size }
}

function flip(file: string, offset: number): void {
  const bytes = readFileSync(file)
  bytes[offset] = (bytes[offset] as number) ^ 1
  writeFileSync(file, bytes)
}

describe('a backup', () => {
  it('made while the store goes on holds what was there when it was asked for', async () => {
    const store = await open(path('store'))
    const half = script.calls.length >> 1
    for (const call of script.calls.slice(0, half)) await call.run(store)
    const target = path('backup')
    let isDone = false
    const backup = backupStore(store, target).then((report) => {
      isDone = true
      return report
    })
    await new Promise((resolve) => setImmediate(resolve))
    for (const call of script.calls.slice(half)) await call.run(store)
    const report = await backup
    assert.ok(isDone && report.bytes > 5_000)
    await store.close()
    const restored = path('restored')
    assert.deepEqual(await restoreStore(target, restored), { height: report.height, replaced: null })
    assert.deepEqual((await checkStore(restored)).problems, [])
    const reopened = await open(restored)
    // It is exactly one of the states that the store went through after it was asked for.
    const states = script.calls.slice(half - 1).map((call) => call.after)
    let matching = 0
    for (const state of states) matching += await assertRecovered(reopened, script, state, state, { isSideDurable: false }).then(() => 1, () => 0)
    assert.ok(matching > 0)
    await reopened.commit(blockCommit(reopened.height + 1))
    await reopened.close()
  })

  it('waits with erasing what is dropped, and only one is made at a time', async () => {
    const store = await open(path('store'))
    const attachment = attachmentOf(createSeededRandom(1).bytes(5_000))
    await store.commit(blockCommit(0, 'block', { attachments: [attachment] }))
    const capture = await store.capture()
    const dropped = store.dropAttachment(attachment.sha256)
    await store.commit(blockCommit(1))
    await assert.rejects(store.capture(), { code: 'backup-running' })
    assert.equal(store.hasAttachment(attachment.sha256), true)
    capture.release()
    await dropped
    assert.equal(store.hasAttachment(attachment.sha256), false)
    await store.close()
  })

  it('is not made of a damaged store, nor into a directory that is not empty', async () => {
    const directory = path('store')
    const store = await open(directory)
    for (let height = 0; height < 3; height++) await store.commit(blockCommit(height))
    flip(join(directory, 'blocks/000000000000.seg'), 200)
    const target = path('backup')
    await assert.rejects(backupStore(store, target), { code: 'segment-damaged' })
    await assert.rejects(restoreStore(target, path('restored')), { code: 'not-a-backup' })
    await assert.rejects(backupStore(store, target), { code: 'directory-not-empty' })
    await store.close()
  })
})

describe('restoring', () => {
  it('refuses a backup in which one byte of any file changed', async () => {
    const store = await open(path('store'))
    for (const call of script.calls) await call.run(store)
    const target = path('backup')
    await backupStore(store, target)
    await store.close()
    const files = readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    assert.ok(files.length > 6)
    for (const entry of files) {
      const file = join(entry.parentPath, entry.name)
      const original = readFileSync(file)
      flip(file, original.length >> 1)
      await assert.rejects(restoreStore(target, path('restored')), { code: 'backup-damaged' }, file)
      writeFileSync(file, original)
    }
    await restoreStore(target, path('restored'))
  })

  it('never lowers what was signed, and keeps the store that it replaces', async () => {
    const directory = path('store')
    const store = await open(directory)
    await store.commit(blockCommit(0, 'block', { rows: [row('a', '0')] }))
    await store.writeSigned(signed(1))
    const [older, newer] = [path('older'), path('newer')]
    await backupStore(store, older)
    await store.commit(blockCommit(1))
    await store.writeSigned(signed(2))
    await backupStore(store, newer)
    await store.commit(blockCommit(2))
    await assert.rejects(restoreStore(newer, directory), { code: 'store-in-use' })
    await store.close()
    await assert.rejects(restoreStore(older, directory), { code: 'would-lower-signed-state' })
    const { replaced, height } = await restoreStore(newer, directory)
    assert.equal(height, 1)
    const [restored, kept] = [await open(directory), await open(replaced as string)]
    assert.deepEqual([restored.height, restored.signed, kept.height], [1, signed(2), 2])
    await restored.close()
    await kept.close()
    const empty = path('empty')
    await restoreStore(older, empty)
    const fresh = await open(empty)
    assert.deepEqual(fresh.signed, signed(1))
    await fresh.close()
  })

  it('refuses a target whose signed state cannot be read, and one that is no store', async () => {
    const directory = path('store')
    const store = await open(directory)
    await store.writeSigned(signed(1))
    const target = path('backup')
    await backupStore(store, target)
    await store.close()
    for (const offset of [50, 4_096 + 50]) flip(join(directory, 'signed'), offset)
    await assert.rejects(restoreStore(target, directory), { code: 'would-lower-signed-state' })
    await assert.rejects(restoreStore(target, root), { code: 'directory-not-empty' })
  })
})
