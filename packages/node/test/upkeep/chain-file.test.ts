import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { open as openFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { TelltaleError, bytesToHex } from '@telltale/core'
import { DEFAULT_PARAMETERS, createGenesis, createLedgerReader, openLedger } from '@telltale/ledger'
import type { Ledger } from '@telltale/ledger'
import { createPlainStore, testIdentity } from '@telltale/testing'
import { createNodePrimitives } from '../../src/crypto/node-primitives.ts'
import { encodeChainItem, readChainItems } from '../../src/upkeep/chain-file.ts'
import type { ChainItem } from '../../src/upkeep/chain-file.ts'
import { exportChain } from '../../src/upkeep/chain-export.ts'
import { importChain } from '../../src/upkeep/chain-import.ts'
import type { ChainImport } from '../../src/upkeep/chain-import.ts'
import { signRecords } from '../api/running-node.ts'
import { openCar } from '../home/scratch-home.ts'

const primitives = createNodePrimitives()
const never = new AbortController().signal

interface Sample {
  directory: string
  genesis: Uint8Array
  /** The whole chain, and as it was a few blocks before. */
  whole: Uint8Array
  earlier: Uint8Array
  ledger: Ledger
}

/** A car with sealed records, written into files twice. */
async function openSample(directory: string): Promise<{ sample: Sample; close(): Promise<void> }> {
  const car = await openCar(directory)
  const { ledger, reader, chain } = car.home
  const write = async (): Promise<Uint8Array> => {
    const pieces: Uint8Array[] = []
    await exportChain({ ledger, reader, primitives }, { write: async (piece) => void pieces.push(piece), onBlock: () => undefined, signal: never })
    return new Uint8Array(Buffer.concat(pieces))
  }
  const records = await signRecords(car, 3)
  await chain.submit(records[0]!)
  const earlier = await write()
  for (const record of records.slice(1)) await chain.submit(record)
  return { sample: { directory, genesis: (await ledger.store.readBlock(0)).bytes, whole: await write(), earlier, ledger }, close: () => car.home.close() }
}

/** Somebody else's ledger of the same network, empty. */
async function emptyLedger({ genesis }: Sample): Promise<Ledger> {
  return openLedger({ store: createPlainStore(), primitives, genesis })
}

async function take({ directory }: Sample, ledger: Ledger, bytes: Uint8Array, signal = never): Promise<ChainImport> {
  const path = join(directory, 'scratch.chain')
  await writeFile(path, bytes)
  const file = await openFile(path, 'r')
  try {
    return await importChain({ ledger, primitives }, file, { onProgress: () => undefined, signal, nowMs: Date.now })
  } finally {
    await file.close()
  }
}

async function codeOf(sample: Sample, ledger: Ledger, bytes: Uint8Array): Promise<string> {
  const error: unknown = await take(sample, ledger, bytes).then(() => null, (reason: unknown) => reason)
  assert.ok(error instanceof TelltaleError, `something passed: ${String(error)}`)
  return error.code
}

async function itemsOf({ directory, whole }: Sample): Promise<ChainItem[]> {
  const path = join(directory, 'items.chain')
  await writeFile(path, whole)
  const file = await openFile(path, 'r')
  try {
    return await Array.fromAsync(readChainItems(file), ({ item }) => item)
  } finally {
    await file.close()
  }
}

suite('a chain file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-chain-'))
  let opened: Awaited<ReturnType<typeof openSample>>
  let sample: Sample
  before(async () => {
    opened = await openSample(directory)
    sample = opened.sample
  })
  after(async () => {
    await opened.close()
    rmSync(directory, { recursive: true, force: true })
  })
  test('carries a whole network with bodies and cosignatures to somebody else, who goes on where it stopped', async () => {
    const other = await emptyLedger(sample)
    const first = await take(sample, other, sample.earlier)
    assert.deepEqual([first.from, first.height, first.open], [0, sample.ledger.position.height - 2, 0])
    const rest = await take(sample, other, sample.whole)
    assert.deepEqual([rest.from, rest.height, rest.size, rest.cosignatures], [first.height, sample.ledger.position.height, sample.ledger.position.log.size, 2])
    assert.equal(bytesToHex(other.position.id), bytesToHex(sample.ledger.position.id))
    const [own, given] = [createLedgerReader(other, primitives), createLedgerReader(sample.ledger, primitives)]
    assert.deepEqual(await own.logRoot(rest.size), await given.logRoot(rest.size))
    assert.equal((await Array.fromAsync(other.store.kept('cosignature'))).length, rest.height)
    const again = await take(sample, other, sample.whole)
    assert.deepEqual([again.from, again.height], [rest.height, rest.height])
  })

  test('that is cut anywhere is refused, and what was sound before stays', async () => {
    const { whole } = sample
    for (const length of [0, 19, 25, Math.floor(whole.length / 2), whole.length - 1]) {
      const other = await emptyLedger(sample)
      const code = await codeOf(sample, other, whole.slice(0, length))
      assert.equal(code, length === 0 ? 'not-a-chain-file' : 'chain-file-cut', `cut at ${length}`)
      assert.ok(length < whole.length / 2 - 1 || other.position.height > 0, 'something is kept')
      assert.equal((await take(sample, other, whole)).height, sample.ledger.position.height)
    }
    assert.equal(await codeOf(sample, await emptyLedger(sample), Buffer.concat([whole, Buffer.from([0])])), 'chain-file-damaged')
  })

  test('in which one byte changed is refused, whichever it is', async () => {
    const { whole } = sample
    const step = Math.max(1, Math.floor(whole.length / 60))
    const places = [...Array.from({ length: 24 }, (_, i) => i), ...Array.from({ length: 60 }, (_, i) => 24 + i * step).filter((place) => place < whole.length), whole.length - 1]
    const codes = new Set<string>()
    for (const place of places) {
      const changed = flipAt(whole, place)
      const other = await emptyLedger(sample)
      codes.add(await codeOf(sample, other, changed))
      if (other.position.height > 0) assert.equal(bytesToHex((await other.store.readBlock(other.position.height)).id), bytesToHex((await sample.ledger.store.readBlock(other.position.height)).id))
    }
    assert.deepEqual([...codes].sort(), ['chain-file-cut', 'chain-file-damaged', 'not-a-chain-file'])
  })

  test('that was written anew by somebody without the keys is refused by what it says', async () => {
    const items = await itemsOf(sample)
    const rewritten = async (change: (items: ChainItem[]) => ChainItem[]): Promise<string> => codeOf(sample, await emptyLedger(sample), Buffer.concat(change(items).map(encodeChainItem)))
    const without = (kind: ChainItem['kind']) => (all: ChainItem[]): ChainItem[] => all.toSpliced(all.findLastIndex((item) => item.kind === kind), 1)
    const changed = (kind: ChainItem['kind'], change: (bytes: Uint8Array) => Uint8Array) => (all: ChainItem[]): ChainItem[] => all.with(all.findLastIndex((item) => item.kind === kind), spoil(all.findLast((item) => item.kind === kind)!, change))
    assert.equal((await take(sample, await emptyLedger(sample), Buffer.concat(items.map(encodeChainItem)))).height, sample.ledger.position.height, 'the honest one passes')
    assert.equal(await rewritten(without('attachment')), 'missing-attachment')
    assert.equal(await rewritten(without('end')), 'chain-file-cut')
    assert.equal(await rewritten((all) => all.toSpliced(all.findIndex((item) => item.kind === 'block'), 1)), 'previous-hash-mismatch')
    assert.equal(await rewritten((all) => without('block')(without('attachment')(without('cosignatures')(all)))), 'chain-file-cut')
    assert.equal(await rewritten(changed('attachment', flipLast)), 'missing-attachment')
    assert.equal(await rewritten(changed('cosignatures', flipLast)), 'invalid-signature')
    assert.notEqual(await rewritten(changed('block', (bytes) => flipAt(bytes, 150))), 'chain-file-damaged')
  })

  test('of another network is refused', async () => {
    const { bytes: genesis } = await createGenesis(1, DEFAULT_PARAMETERS, [testIdentity(1).signer], primitives)
    const other = await openLedger({ store: createPlainStore(), primitives, genesis })
    assert.equal(await codeOf(sample, other, sample.whole), 'other-network')
  })

  test('that is interrupted keeps what it took', async () => {
    const other = await emptyLedger(sample)
    await assert.rejects(take(sample, other, sample.whole, AbortSignal.abort()), { name: 'AbortError' })
    assert.equal((await take(sample, other, sample.whole)).height, sample.ledger.position.height)
  })
})

function flipAt(bytes: Uint8Array, place: number): Uint8Array {
  return bytes.with(place, bytes[place]! ^ 1)
}

function flipLast(bytes: Uint8Array): Uint8Array {
  return flipAt(bytes, bytes.length - 1)
}

function spoil(item: ChainItem, change: (bytes: Uint8Array) => Uint8Array): ChainItem {
  if (item.kind === 'attachment' || item.kind === 'block') return { ...item, bytes: change(item.bytes) }
  return item.kind === 'cosignatures' ? { ...item, cosignatures: item.cosignatures.map(change) } : item
}
