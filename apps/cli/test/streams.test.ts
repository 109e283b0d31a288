import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { before, suite, test } from 'node:test'
import { checkData } from '@telltale/node'
import { MAIN, ROOT, done, importArgs, importFileArgs, scratchFolder, telltale } from './command.ts'

interface Imported {
  records: number
  stopped: { file: string; line: number } | null
  streams: Record<string, { total: number }>
}

suite('interrupted and closed streams', () => {
  const folder = scratchFolder()
  const long = join(folder, 'long.log')
  const data = join(folder, 'car')

  before(async () => {
    writeFileSync(long, repeated(70))
    await done(importArgs('short-drive', data))
  })

  test('Ctrl-C ends an import after the records at hand: exit 130, one document, nothing lost', async () => {
    const fresh = join(folder, 'stopped')
    const { status, out, err } = await telltale([...importFileArgs(long, fresh), '--json'], {
      onStart: (child) => void interrupt(child, () => hasRecords(fresh)),
    })
    assert.equal(status, 130, err)
    assert.match(err, /Stopping after the records at hand/)
    const document = JSON.parse(out) as Imported
    assert.ok(document.stopped !== null && document.stopped.line > 0 && document.stopped.line < 70 * 1980, JSON.stringify(document.stopped))
    assert.ok(document.records >= 500)
    assert.equal(Object.values(document.streams).reduce((sum, { total }) => sum + total, 0), document.records, 'all that was signed is certified')
    const again = await done<Imported & { resumed: string[] }>(importArgs('second-drive', fresh))
    assert.deepEqual(again.resumed, [], 'the device goes on with what it remembers')
    assert.deepEqual((await checkData(fresh)).problems, [])
  })

  test('killed in the middle of an import: the next command finds everything in order', async () => {
    const fresh = join(folder, 'killed')
    const { status } = await telltale(importFileArgs(long, fresh), { onStart: (child) => void interrupt(child, () => hasRecords(fresh), 'SIGKILL') })
    assert.equal(status, null)
    const again = await done<Imported & { resumed: string[]; refused: number }>(importArgs('second-drive', fresh))
    assert.deepEqual([again.resumed, again.refused], [[], 0])
    assert.deepEqual((await checkData(fresh)).problems, [])
  })

  test('a reader that has seen enough is no failure', async () => {
    const child = spawn(process.execPath, [MAIN, 'export', '--data', data], { stdio: ['ignore', 'pipe', 'pipe'] })
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.stdout.destroy()
    const status = await new Promise((settle) => child.on('close', settle))
    assert.equal(status, 0, err)
    assert.ok(!err.includes('EPIPE'), err)
  })

  test('--quiet says nothing but the result', async () => {
    const { status, out, err } = await telltale([...importArgs('second-drive', data), '--quiet'])
    assert.deepEqual([status, err], [0, ''])
    assert.match(out, /^18 records with 710 readings, certified\./)
  })

  test('a result that cannot be written is a failure', { skip: existsSync('/dev/full') ? false : 'no /dev/full here' }, async () => {
    const child = spawn('sh', ['-c', `"${process.execPath}" "${MAIN}" chain show --data "${data}" > /dev/full`], { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] })
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    const status = await new Promise((settle) => child.on('close', settle))
    assert.equal(status, 2, err)
    assert.match(err, /disk-full/)
  })
})

/** The short drive over and over, a minute apart, on one clock. */
function repeated(times: number): string {
  const lines = readFileSync(join(ROOT, 'samples/short-drive.log'), 'utf8').trimEnd().split('\n')
  const laps = Array.from({ length: times }, (_, lap) => lines.map((line) => `(${String(Number(line.slice(1, 11)) + 60 * lap).padStart(10, '0')}${line.slice(11)}`))
  return `${laps.flat().join('\n')}\n`
}

/** Whether a first batch of records is certified: their bodies are on disk. */
function hasRecords(directory: string): boolean {
  const bodies = join(directory, 'store/attachments/000000000000.seg')
  return existsSync(bodies) && statSync(bodies).size > 100_000
}

async function interrupt(child: { kill(signal: NodeJS.Signals): boolean }, isTime: () => boolean, signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
  while (!isTime()) await setTimeout(20)
  child.kill(signal)
}
