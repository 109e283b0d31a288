import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { SimulatedDisk, blockCommit, createSimulatedRows, hashOf, row, textBytes } from '@telltale/testing'
import { createStore } from '../src/create-store.ts'
import { encodeFormat } from '../src/format-file.ts'
import { FORMAT_NUMBER } from '../src/limits.ts'
import { createMemoryRows } from '../src/memory-rows.ts'

const root = mkdtempSync(join(tmpdir(), 'telltale-open-'))
after(() => rmSync(root, { recursive: true, force: true }))

function directory(): string {
  return mkdtempSync(join(root, 'store-'))
}

describe('opening a store', () => {
  it('makes one only where that is asked for, in an empty or missing directory', async () => {
    const missing = join(root, 'deep', 'missing')
    await assert.rejects(createStore({ directory: missing, create: false }), { code: 'no-store' })
    await assert.rejects(createStore({ directory: directory(), create: false }), { code: 'no-store' })
    const store = await createStore({ directory: missing, create: true })
    await store.commit(blockCommit(0))
    await store.close()
    const reopened = await createStore({ directory: missing, create: true })
    assert.equal(reopened.height, 0)
    await reopened.close()
  })

  it('leaves a directory that holds something else alone', async () => {
    const path = directory()
    writeFileSync(join(path, 'letter.txt'), 'dear reader')
    for (const create of [true, false]) await assert.rejects(createStore({ directory: path, create }), { code: 'not-a-store' })
    const other = directory()
    writeFileSync(join(other, 'format'), 'PK\u0003\u0004 something else altogether')
    await assert.rejects(createStore({ directory: other, create: true }), { code: 'not-a-store' })
    assert.deepEqual(readdirSync(path).sort(), ['letter.txt', 'lock'])
  })

  it('finishes one that was half made, and makes none out of one that lost its format', async () => {
    const path = directory()
    mkdirSync(join(path, 'blocks'))
    writeFileSync(join(path, 'signed'), '')
    await assert.rejects(createStore({ directory: path, create: false }), { code: 'no-store' })
    const store = await createStore({ directory: path, create: true })
    await store.commit(blockCommit(0))
    await store.close()
    rmSync(join(path, 'format'))
    for (const create of [true, false]) await assert.rejects(createStore({ directory: path, create }), { code: 'format-file-damaged' })
  })

  it('refuses a newer format with advice', async () => {
    const path = directory()
    await (await createStore({ directory: path, create: true })).close()
    writeFileSync(join(path, 'format'), encodeFormat({ number: FORMAT_NUMBER + 1, network: null }))
    await assert.rejects(createStore({ directory: path, create: false }), { code: 'store-too-new', message: /newer version/ })
  })

  it('refuses the store of another network', async () => {
    const path = directory()
    const [network, other] = [hashOf(textBytes('one')), hashOf(textBytes('other'))]
    await (await createStore({ directory: path, create: true, network })).close()
    await assert.rejects(createStore({ directory: path, create: true, network: other }), { code: 'other-network' })
    const store = await createStore({ directory: path, create: false, network })
    assert.deepEqual(store.network, network)
    await store.close()
  })

  it('is refused while it is open, and its files stay as they are', async () => {
    const path = directory()
    const store = await createStore({ directory: path, create: true })
    await store.commit(blockCommit(0, 'block', { rows: [row('a', '1')] }))
    const before = readFileSync(join(path, 'blocks/000000000000.seg'))
    await assert.rejects(createStore({ directory: path, create: true }), { code: 'store-in-use' })
    assert.deepEqual(readFileSync(join(path, 'blocks/000000000000.seg')), before)
    await store.commit(blockCommit(1))
    await store.close()
    const reopened = await createStore({ directory: path, create: false })
    assert.equal(reopened.height, 1)
    await reopened.close()
  })

  it('tells that the directory is read-only', async () => {
    const disk = new SimulatedDisk()
    const options = { directory: '/data/store', disk, rows: createSimulatedRows(disk, createMemoryRows) }
    await (await createStore({ ...options, create: true })).close()
    disk.isReadOnly = true
    await assert.rejects(createStore({ ...options, create: false }), { code: 'directory-read-only' })
    disk.isReadOnly = false
    await (await createStore({ ...options, create: false })).close()
  })

  it('tells on this machine that the directory is read-only', { skip: process.getuid?.() === 0 ? 'root may write anywhere' : false }, async () => {
    const path = directory()
    await (await createStore({ directory: path, create: true })).close()
    chmodSync(path, 0o500)
    chmodSync(join(path, 'lock'), 0o400)
    await assert.rejects(createStore({ directory: path, create: false }), { code: 'directory-read-only' })
    chmodSync(path, 0o700)
  })
})
