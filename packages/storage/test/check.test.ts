import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { StoreCommit } from '@telltale/ledger'
import { EMPTY_STATE, attachmentOf, blockCommit, createSeededRandom, createStoreScript, row, textBytes } from '@telltale/testing'
import type { StoreScript } from '@telltale/testing'
import { checkStore } from '../src/check.ts'
import type { ReplayBlock } from '../src/check-rows.ts'
import { createStore } from '../src/create-store.ts'
import { createLevelRowsHome } from '../src/level-rows.ts'
import { heightKey } from '../src/log-index.ts'
import { createNodeDisk } from '../src/node-disk.ts'
import { ROWS } from '../src/rows.ts'
import type { RowsBatch } from '../src/rows.ts'

const root = mkdtempSync(join(tmpdir(), 'telltale-check-'))
after(() => rmSync(root, { recursive: true, force: true }))

function replayOf(commits: Iterable<StoreCommit>): ReplayBlock {
  const known = new Map([...commits].map((commit) => [Buffer.from(commit.block.id).toString('hex'), commit]))
  return async ({ id }) => {
    const commit = known.get(Buffer.from(id).toString('hex'))
    return commit === undefined ? { code: 'invalid-transaction', message: 'unknown block', expected: 'a known block', found: 'another' } : { rows: commit.rows }
  }
}

async function makeStore(script: StoreScript): Promise<string> {
  const directory = mkdtempSync(join(root, 'store-'))
  const store = await createStore({ directory, create: true, segmentBytesMax: 3_000 })
  for (const call of script.calls) await call.run(store)
  await store.close()
  return directory
}

/** Changes rows behind the store's back, with checks that hold. */
async function changeRows(directory: string, change: (batch: RowsBatch) => void): Promise<void> {
  const rows = await createLevelRowsHome(createNodeDisk()).open(join(directory, 'rows'), assert.fail)
  const batch = rows.batch()
  change(batch)
  await batch.write()
  await rows.close()
}

describe('checking a store', () => {
  const script = createStoreScript(createSeededRandom(21), 40)
  const state = script.calls.at(-1)?.after ?? EMPTY_STATE
  const replayBlock = replayOf(script.commits.values())

  it('finds nothing in a whole one, and counts what it read', async () => {
    const directory = await makeStore(script)
    const steps: string[] = []
    const report = await checkStore(directory, { replayBlock, onProgress: ({ step }) => steps.push(step) })
    assert.deepEqual([report.problems, report.problemCount], [[], 0])
    assert.ok(report.blocks >= state.blocks.length && report.attachments > 0 && report.rows > 0 && report.bytes > 10_000)
    assert.deepEqual(new Set(steps), new Set(['files', 'side', 'blocks', 'attachments', 'rows', 'replay']))
    const reopened = await createStore({ directory, create: false })
    assert.equal(reopened.height, state.blocks.length - 1)
    await reopened.close()
  })

  it('names rows that are missing, surplus or different from what the blocks say', async () => {
    const directory = await makeStore(script)
    const [key] = [...new Set(state.blocks.flatMap(({ rows }) => rows.map(([name]) => name)))]
    await changeRows(directory, (batch) => {
      batch.put(ROWS.ledger, textBytes('surplus'), textBytes('x'))
      batch.remove(ROWS.block, heightKey(1))
    })
    const report = await checkStore(directory, { replayBlock })
    assert.deepEqual(report.problems.map(({ code }) => code).sort(), ['row-missing', 'row-surplus'])
    await changeRows(directory, (batch) => batch.put(ROWS.ledger, key as Uint8Array, textBytes('not what it was')))
    const codes = (await checkStore(directory, { replayBlock })).problems.map(({ code }) => code)
    assert.ok(codes.includes('row-different') || codes.filter((code) => code === 'row-surplus').length === 2, codes.join(' '))
  })

  it('names undo data that would not undo', async () => {
    const directory = mkdtempSync(join(root, 'undo-'))
    const store = await createStore({ directory, create: true })
    const commits = [blockCommit(0, 'block', { rows: [row('a', '0')] }), blockCommit(1, 'block', { rows: [row('a', '1')], undo: [row('a', 'wrong')] })]
    for (const commit of commits) await store.commit(commit)
    await store.close()
    const { problems } = await checkStore(directory, { replayBlock: replayOf(commits) })
    assert.deepEqual(problems.map(({ code, what }) => [code, what.slice(0, 6)]), [['row-different', 'row u ']])
  })

  it('passes on why a block cannot stand', async () => {
    const directory = await makeStore(script)
    const { problems } = await checkStore(directory, { replayBlock: replayOf([]) })
    assert.deepEqual(problems.map(({ code, what }) => [code, what]), [['invalid-transaction', 'block 0']])
  })

  it('names files that do not belong, and a lock that is not empty', async () => {
    const directory = await makeStore(script)
    for (const file of ['notes.txt', 'blocks/notes.txt', 'rows/notes.txt']) writeFileSync(join(directory, file), 'x')
    writeFileSync(join(directory, 'lock'), '')
    const { problems } = await checkStore(directory)
    assert.deepEqual(problems.map(({ code, file }) => `${code} ${file}`).sort(), ['foreign-file blocks/notes.txt', 'foreign-file notes.txt', 'foreign-file rows/notes.txt'])
  })

  it("names a damaged byte in LevelDB's files, and does not open them", async () => {
    const directory = await makeStore(script)
    const name = readdirSync(join(directory, 'rows')).find((file) => file.endsWith('.log')) as string
    const path = join(directory, 'rows', name)
    const bytes = readFileSync(path)
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] as number) ^ 4
    writeFileSync(path, bytes)
    const { problems } = await checkStore(directory, { replayBlock })
    assert.deepEqual(problems.map(({ code, file }) => [code, file]), [['row-damaged', `rows/${name}`]])
    assert.deepEqual(readFileSync(path), bytes)
  })

  it('is refused where there is no store, or somebody has it open', async () => {
    await assert.rejects(checkStore(join(root, 'missing')), { code: 'no-store' })
    await assert.rejects(checkStore(root), { code: 'not-a-store' })
    const store = await createStore({ directory: join(root, 'open'), create: true })
    await store.commit(blockCommit(0, 'block', { attachments: [attachmentOf(textBytes('a'))] }))
    await assert.rejects(checkStore(join(root, 'open')), { code: 'store-in-use' })
    await store.close()
    assert.deepEqual((await checkStore(join(root, 'open'))).problems, [])
  })
})
