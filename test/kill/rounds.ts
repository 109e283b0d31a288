import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { bytesToHex, decodeTransaction, hexToBytes, portable, transactionId } from '@telltale/core'
import { decodeBlock } from '@telltale/ledger'
import { openHome, streamHeadOf } from '@telltale/node'
import type { Home } from '@telltale/node'
import { createSeededRandom } from '@telltale/testing'

/** What was acknowledged, kept outside of the process that is killed. */
interface Acknowledged {
  /** By place (`device/stream sequence`): id and position in the log. */
  records: Map<string, { id: string; index: number }>
  /** By height: size and log root of the checkpoint that was cosigned. */
  heads: Map<number, { size: number; logRoot: string }>
}

const DELAY_MS_MAX = 400

/** Kills a node under load at random moments, `rounds` times; each time everything acknowledged is there once, and nothing is signed twice. */
export async function killRounds(rounds: number, seed: number): Promise<{ records: number; heads: number }> {
  const random = createSeededRandom(seed)
  const folder = await mkdtemp(join(tmpdir(), 'telltale-kill-'))
  const directory = join(folder, 'data')
  const acknowledged: Acknowledged = { records: new Map(), heads: new Map() }
  try {
    for (let round = 0; round < rounds; round++) {
      // The first rounds also hit the making of the directory itself.
      await writeAndKill(directory, acknowledged, round < 3 ? 'start' : 'load', random.below(DELAY_MS_MAX))
      if (acknowledged.records.size > 0) await verify(directory, acknowledged)
    }
    return { records: acknowledged.records.size, heads: acknowledged.heads.size }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function writeAndKill(directory: string, acknowledged: Acknowledged, from: 'start' | 'load', delayMs: number): Promise<void> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, '../../apps/cli/test/killed-writer.ts'), directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = (): void => void setTimeout(() => writer.kill('SIGKILL'), delayMs)
  const ended = new Promise<NodeJS.Signals | null>((resolve) => writer.on('exit', (_code, signal) => resolve(signal)))
  let isTimed = false
  if (from === 'start') kill()
  for await (const line of createInterface({ input: writer.stdout })) {
    note(acknowledged, line.split(' '))
    if (from === 'load' && !isTimed) kill()
    isTimed = true
  }
  assert.equal(await ended, 'SIGKILL', 'the writer ended by itself')
}

function note({ records, heads }: Acknowledged, [kind, ...rest]: string[]): void {
  if (kind === 'record' && rest.length === 4) {
    const [stream, sequence, id, index] = rest as [string, string, string, string]
    const place = `${stream} ${sequence}`
    const known = records.get(place)
    assert.ok(!known || known.id === id, `two transactions were certified for ${place}`)
    records.set(place, { id, index: Number(index) })
  }
  if (kind === 'head' && rest.length === 3 && rest[2]!.length === 64) {
    const [height, size, logRoot] = rest as [string, string, string]
    const known = heads.get(Number(height))
    assert.ok(!known || (known.size === Number(size) && known.logRoot === logRoot), `two checkpoints were cosigned at height ${height}`)
    heads.set(Number(height), { size: Number(size), logRoot })
  }
}

/** A line may have been cut by the kill: what is judged was read whole. */
async function verify(directory: string, { records, heads }: Acknowledged): Promise<void> {
  const home = await openHome({ directory, password: undefined })
  try {
    for (const [place, { id, index }] of records) {
      assert.equal(home.reader.indexOf(hexToBytes(id)), index, `${place} was acknowledged and is not there`)
    }
    for (const [height, { size, logRoot }] of heads) {
      const { header } = decodeBlock((await home.ledger.store.readBlock(height)).bytes)
      assert.deepEqual([header.size, bytesToHex(header.logRoot)], [size, logRoot], `the checkpoint at height ${height} is not the one that was cosigned`)
    }
    for (const { address } of home.profile.devices) await verifyStream(home, address)
  } finally {
    await home.close()
  }
}

/** Unbroken: every record follows the one before it, and none stands there twice. */
async function verifyStream(home: Home, device: string): Promise<void> {
  const count = streamHeadOf(home, device, 'odometer')?.count ?? 0
  const entries = await home.reader.entries('records', `${device}/odometer`, 0, count)
  let previous = bytesToHex(new Uint8Array(32))
  entries.forEach(({ bytes }, i) => {
    const transaction = decodeTransaction(bytes)
    assert.equal(transaction.sequence, i)
    assert.equal(bytesToHex(transaction.args[0] as Uint8Array), previous)
    previous = bytesToHex(transactionId(transaction, portable))
  })
}
