import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { before, suite, test } from 'node:test'
import { checkData } from '@telltale/node'
import { MAIN, ROOT, done, importArgs, importFileArgs, scratchFolder, telltale } from './command.ts'

interface Imported {
  records: number
  readings: number
  skipped: { file: string }[]
  continued: { file: string; records: number }[]
  clockFalls: { count: number; stream: string } | null
  stopped: { file: string; line: number } | null
  streams: Record<string, { total: number }>
}

suite('interrupted and closed streams', () => {
  const folder = scratchFolder()
  const long = join(folder, 'long.log')
  const data = join(folder, 'car')
  /** Records that the long log makes. */
  let whole = 0

  before(async () => {
    writeFileSync(long, repeated(70))
    await done(importArgs('short-drive', data))
    whole = (await done<Imported>(importFileArgs(long, join(folder, 'whole')))).records
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
    const rest = await done<Imported & { resumed: string[] }>(importFileArgs(long, fresh))
    assert.deepEqual(rest.resumed, [], 'the device goes on with what it remembers')
    assert.deepEqual([rest.continued, sumOf(rest)], [[{ file: long, records: document.records }], whole], 'each record once')
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

  test('killed in the middle of an import: the same command goes on where it ended, and no record stands there twice', async () => {
    const fresh = join(folder, 'killed-and-again')
    const { status } = await telltale(importFileArgs(long, fresh), { onStart: (child) => void interrupt(child, () => hasRecords(fresh), 'SIGKILL') })
    assert.equal(status, null)
    const rest = await done<Imported>(importFileArgs(long, fresh))
    assert.ok((rest.continued[0]?.records ?? 0) >= 500, JSON.stringify(rest.continued))
    assert.equal(sumOf(rest), whole)
    assert.equal(rest.records + rest.continued[0]!.records, whole)
  })

  test('what was imported before is left out, unless it is to be imported again', async () => {
    const twice = join(folder, 'twice')
    const first = await done<Imported>([...importArgs('short-drive', twice), '--vin', '4t1bf1fk7hu654321'])
    assert.equal(codeIn((await telltale([...importArgs('second-drive', twice), '--vin', '4T1BF1FK7HU654321', '--json'])).out), 'usage')
    assert.match((await telltale(['asset', 'show', '--data', twice])).out, /4T1BF1FK7HU654321/)
    assert.deepEqual([first.skipped, first.clockFalls], [[], null])
    const { status, out } = await telltale([...importArgs('short-drive', twice), '--json'])
    assert.deepEqual([status, codeIn(out)], [1, 'already-imported'])
    const [command, log, ...rest] = importArgs('short-drive', twice) as [string, string, ...string[]]
    const both = await done<Imported>([command, log, join(ROOT, 'samples/second-drive.log'), ...rest])
    assert.deepEqual([both.skipped.length, sumOf(both) > sumOf(first)], [1, true])
    const again = await done<Imported>([...importArgs('short-drive', twice), '--again'])
    assert.equal(sumOf(again), sumOf(both) + first.records)
    for (const file of readdirSync(join(twice, 'devices'))) if (file.endsWith('.imports')) writeFileSync(join(twice, 'devices', file), 'no such thing')
    const damaged = await telltale([...importArgs('short-drive', twice), '--json'])
    assert.deepEqual([damaged.status, codeIn(damaged.out)], [1, 'imports-damaged'])
  })

  test('a clock that goes back is told, and the records stand in the order of the log', async () => {
    const back = join(folder, 'back.log')
    const lines = readFileSync(join(ROOT, 'samples/short-drive.log'), 'utf8').trimEnd().split('\n')
    writeFileSync(back, `${[...lines.slice(1000), ...lines.slice(0, 1000)].join('\n')}\n`)
    const { clockFalls } = await done<Imported>(importFileArgs(back, join(folder, 'back')))
    assert.ok(clockFalls !== null && clockFalls.count > 0, JSON.stringify(clockFalls))
    const [whole, half, data] = ['whole.csv', 'half.csv', 'csv'].map((name) => join(folder, name)) as [string, string, string]
    const rows = Array.from({ length: 20 }, (_, i) => `${new Date(1_777_629_600_000 + 1000 * i).toISOString()},${40 + i}`)
    writeFileSync(half, ['time,Vehicle.Speed', ...rows.slice(0, 10), ''].join('\n'))
    writeFileSync(whole, ['time,Vehicle.Speed', ...rows, ''].join('\n'))
    assert.equal((await done<Imported>(['import', half, '--data', data])).clockFalls, null)
    assert.deepEqual((await done<Imported>(['import', whole, '--data', data])).clockFalls?.count, 1, 'what is there is newer')
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

/** All records of all streams. */
function sumOf({ streams }: Imported): number {
  return Object.values(streams).reduce((sum, { total }) => sum + total, 0)
}

function codeIn(out: string): string {
  return (JSON.parse(out) as { error: { code: string } }).error.code
}

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
