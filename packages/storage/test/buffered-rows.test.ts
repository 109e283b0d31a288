import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesToText, textToBytes } from '@telltale/core'
import { createBufferedHome } from '../src/buffered-rows.ts'
import { createMemoryRows } from '../src/memory-rows.ts'
import { ROWS } from '../src/rows.ts'
import type { Rows } from '../src/rows.ts'

async function openBuffered(bytesMax: number): Promise<{ below: Rows; rows: Rows }> {
  const below = createMemoryRows()
  const home = createBufferedHome({ open: async () => below, remove: async () => undefined }, bytesMax)
  return { below, rows: await home.open('rows', () => undefined) }
}

async function put(rows: Rows, entries: Record<string, string | null>, isSynced = false): Promise<void> {
  const batch = rows.batch()
  for (const [key, value] of Object.entries(entries)) {
    if (value === null) batch.remove(ROWS.ledger, textToBytes(key))
    else batch.put(ROWS.ledger, textToBytes(key), textToBytes(value))
  }
  await batch.write({ isSynced })
}

function get(rows: Rows, key: string): string | null {
  const value = rows.get(ROWS.ledger, textToBytes(key))
  return value === null ? null : bytesToText(value)
}

async function scanned(rows: Rows): Promise<string[]> {
  const found: string[] = []
  for await (const [key, value] of rows.scan(ROWS.ledger, new Uint8Array(0))) found.push(`${bytesToText(key)}=${bytesToText(value)}`)
  return found
}

describe('buffered rows', () => {
  it('are read as they were written last, before and after they go down', async () => {
    const { below, rows } = await openBuffered(1000)
    await put(rows, { a: '1', b: '1' })
    await put(rows, { a: '2', b: null })
    assert.deepEqual([get(rows, 'a'), get(rows, 'b'), get(below, 'a')], ['2', null, null])
    await put(rows, { c: 'x'.repeat(1000) })
    assert.deepEqual([get(below, 'a'), get(below, 'b'), get(rows, 'a')], ['2', null, '2'])
    await put(rows, { a: null })
    assert.deepEqual([get(rows, 'a'), get(below, 'a')], [null, '2'])
  })

  it('go down in one batch, all that came before with it', async () => {
    const { below, rows } = await openBuffered(1_000_000)
    let batches = 0
    const { batch } = below
    below.batch = () => {
      batches += 1
      return batch()
    }
    for (const value of ['1', '2', '3']) await put(rows, { a: value, [`b${value}`]: value })
    assert.equal(batches, 0)
    await put(rows, { d: '4' }, true)
    assert.deepEqual([batches, await scanned(below)], [1, ['a=3', 'b1=1', 'b2=2', 'b3=3', 'd=4']])
  })

  it('are scanned with what has not gone down', async () => {
    const { rows } = await openBuffered(1_000_000)
    await put(rows, { b: '1', a: '1' }, true)
    await put(rows, { c: '2', a: null })
    assert.deepEqual(await scanned(rows), ['b=1', 'c=2'])
  })

  it('that cannot be written down fail from then on, and are still read', async () => {
    const { below, rows } = await openBuffered(1_000_000)
    await put(rows, { a: '1' })
    const { batch } = below
    below.batch = () => ({ ...batch(), write: async () => Promise.reject(new RangeError('no room')) })
    await assert.rejects(put(rows, { b: '2' }, true), RangeError)
    assert.deepEqual([get(rows, 'a'), get(rows, 'b')], ['1', '2'])
    below.batch = batch
    await assert.rejects(put(rows, { c: '3' }, true), RangeError)
  })

  it('share no bytes with whoever writes or reads them', async () => {
    const { rows } = await openBuffered(1_000_000)
    const [key, value] = [textToBytes('a'), textToBytes('1')]
    const batch = rows.batch()
    batch.put(ROWS.ledger, key, value)
    await batch.write()
    key[0] = 0
    value[0] = 0
    rows.get(ROWS.ledger, textToBytes('a'))?.fill(0)
    assert.equal(get(rows, 'a'), '1')
  })
})
