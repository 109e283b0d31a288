import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { SimulatedDisk, createSeededRandom, textBytes } from '@telltale/testing'
import { ClassicLevel } from 'classic-level'
import { inspectLevelFiles } from '../src/level-files.ts'
import { createLevelRowsHome } from '../src/level-rows.ts'
import { createNodeDisk } from '../src/node-disk.ts'
import { ROWS } from '../src/rows.ts'
import type { Rows } from '../src/rows.ts'

const root = mkdtempSync(join(tmpdir(), 'telltale-level-'))
after(() => rmSync(root, { recursive: true, force: true }))

const BATCHES = 30
const home = createLevelRowsHome(createNodeDisk())
let notices: string[] = []
const open = (path: string): Promise<Rows> => home.open(path, (notice) => notices.push(notice))

function valueOf(batch: number, key: number): Uint8Array {
  return createSeededRandom(batch * 100 + key).bytes(batch >= 15 ? 700 : 60)
}

/** Batch n puts 10 rows and its own number; every batch overwrites a row of the one before. */
async function writeBatches(rows: Rows, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    const batch = rows.batch()
    for (let key = 0; key < 10; key++) batch.put(ROWS.ledger, textBytes(`row ${n + key}`), valueOf(n, key))
    batch.put(ROWS.meta, textBytes('batches'), Uint8Array.of(n + 1))
    await batch.write()
  }
}

/** The number of batches that the rows hold; every row is as the last of them left it. */
async function assertPrefix(rows: Rows): Promise<number> {
  const count = rows.get(ROWS.meta, textBytes('batches'))?.[0] ?? 0
  const expected = new Map<string, Uint8Array>()
  for (let n = 0; n < count; n++) for (let key = 0; key < 10; key++) expected.set(`row ${n + key}`, valueOf(n, key))
  let scanned = 0
  for await (const [key, value] of rows.scan(ROWS.ledger, new Uint8Array(0))) {
    assert.deepEqual(value, expected.get(new TextDecoder().decode(key)))
    scanned += 1
  }
  assert.equal(scanned, expected.size)
  for (const [key, value] of expected) assert.deepEqual(rows.get(ROWS.ledger, textBytes(key)), value)
  return count
}

const original = join(root, 'original')
const files = new Map<string, Uint8Array>()
// LOG is LevelDB's diary and LOCK is empty: it reads neither.
const isRead = (name: string): boolean => !name.startsWith('LOG') && name !== 'LOCK'

before(async () => {
  // Two tables, a MANIFEST with edits, and a log that spans several of LevelDB's blocks.
  for (const [from, to] of [[0, 10], [10, 15], [15, BATCHES]] as const) {
    const rows = await open(original)
    await writeBatches(rows, from, to)
    await rows.close()
  }
  for (const name of readdirSync(original)) files.set(name, new Uint8Array(readFileSync(join(original, name))))
})

async function simulate(change: (files: Map<string, Uint8Array>) => void): Promise<SimulatedDisk> {
  const copy = new Map([...files].map(([name, bytes]) => [name, bytes.slice()]))
  change(copy)
  const disk = new SimulatedDisk()
  await disk.makeDirectory('/rows')
  for (const [name, bytes] of copy) await (await disk.open(`/rows/${name}`, 'create')).write([bytes], 0)
  return disk
}

function writeCopy(name: string, change: (files: Map<string, Uint8Array>) => void): string {
  const copy = new Map([...files].map(([file, bytes]) => [file, bytes.slice()]))
  change(copy)
  const path = mkdtempSync(join(root, `${name}-`))
  for (const [file, bytes] of copy) writeFileSync(join(path, file), bytes)
  return path
}

describe("LevelDB's files", () => {
  it('hold tables and a log, and are whole when nothing was changed', async () => {
    const names = [...files.keys()]
    assert.ok(names.filter((name) => name.endsWith('.ldb')).length >= 2, names.join(' '))
    assert.ok((files.get(names.find((name) => name.endsWith('.log')) ?? '')?.length ?? 0) > 3 * 32_768)
    const { damages, logs, foreign } = await inspectLevelFiles(await simulate(() => undefined), '/rows')
    assert.deepEqual([damages, logs.map(({ damage }) => damage), foreign], [[], [null], []])
  })

  it('show every byte that was changed', async () => {
    const random = createSeededRandom(5)
    for (const [name, bytes] of files) {
      if (!isRead(name)) continue
      const stride = bytes.length > 20_000 ? 991 : 7
      for (let offset = random.below(stride); offset < bytes.length; offset += stride) {
        const mask = 1 + random.below(255)
        const disk = await simulate((copy) => {
          const changed = copy.get(name) as Uint8Array
          changed[offset] = (changed[offset] as number) ^ mask
        })
        const { damages, logs } = await inspectLevelFiles(disk, '/rows')
        const named = [...damages, ...logs.flatMap(({ damage }) => damage ?? [])].map(({ file }) => file)
        assert.ok(named.includes(name), `${name}, byte ${offset} with mask ${mask}: ${named.join(' ')}`)
      }
    }
  })

  it('show a file that is missing or shorter, and one that is foreign', async () => {
    for (const name of files.keys()) {
      if (!isRead(name)) continue
      const { damages } = await inspectLevelFiles(await simulate((copy) => copy.delete(name)), '/rows')
      assert.equal(damages.length, 1, `without ${name}`)
      const cut = await inspectLevelFiles(await simulate((copy) => copy.set(name, (copy.get(name) as Uint8Array).slice(0, -1))), '/rows')
      assert.equal(cut.damages.length + cut.logs.filter(({ damage }) => damage !== null).length, 1, `${name} a byte shorter`)
    }
    const { foreign } = await inspectLevelFiles(await simulate((copy) => copy.set('notes.txt', Uint8Array.of(1))), '/rows')
    assert.deepEqual(foreign, ['notes.txt'])
  })

  it('are opened as they were after an earlier batch when their log is damaged', async () => {
    const [log, bytes] = [...files].find(([name]) => name.endsWith('.log')) as [string, Uint8Array]
    const counts = new Set<number>()
    for (let offset = 11; offset < bytes.length; offset += Math.ceil(bytes.length / 12)) {
      notices = []
      const rows = await open(writeCopy('log', (copy) => ((copy.get(log) as Uint8Array)[offset] = (bytes[offset] as number) ^ 0x10)))
      counts.add(await assertPrefix(rows))
      assert.match(notices.join(), /\.log, batch at byte/)
      await rows.close()
    }
    assert.ok(counts.size > 5 && Math.min(...counts) >= 15 && Math.max(...counts) < BATCHES, [...counts].join(' '))
  })

  it('are cleared when anything else is damaged', async () => {
    for (const name of files.keys()) {
      if (!isRead(name) || name.endsWith('.log')) continue
      notices = []
      const rows = await open(writeCopy('other', (copy) => ((copy.get(name) as Uint8Array)[9] = 0xff)))
      assert.equal(await assertPrefix(rows), 0)
      assert.equal(notices.length, 1)
      await writeBatches(rows, 0, 3)
      assert.equal(await assertPrefix(rows), 3)
      await rows.close()
    }
  })

  it('give no value whose check does not hold', async () => {
    const path = writeCopy('values', () => undefined)
    const level = new ClassicLevel<Uint8Array, Uint8Array>(path, { keyEncoding: 'view', valueEncoding: 'view', compression: false })
    const [first, second] = [textBytes('rrow 1'), textBytes('rrow 2')]
    const value = (await level.get(first)) as Uint8Array
    // The value of another row, a shorter one, one with a flipped bit: each as LevelDB would return it.
    await level.put(second, value)
    await level.put(textBytes('rrow 3'), value.slice(0, 3))
    await level.put(textBytes('rrow 4'), new Uint8Array(0))
    await level.put(first, value.map((byte, at) => (at === 5 ? byte ^ 1 : byte)))
    await level.close()
    const rows = await open(path)
    for (const number of [1, 2, 3, 4]) assert.throws(() => rows.get(ROWS.ledger, textBytes(`row ${number}`)), { code: 'row-damaged' })
    assert.deepEqual(rows.get(ROWS.ledger, textBytes('row 5')), valueOf(5, 0))
    await assert.rejects(async () => {
      for await (const row of rows.scan(ROWS.ledger, textBytes('row 1'))) assert.ok(row)
    }, { code: 'row-damaged' })
    const damages: string[] = []
    let whole = 0
    for await (const row of rows.scan(ROWS.ledger, textBytes('row'), undefined, ({ code }) => damages.push(code))) whole += row.length / 2
    assert.deepEqual([damages.length, whole], [4, BATCHES + 9 - 4])
    await rows.close()
  })
})
