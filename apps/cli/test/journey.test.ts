import assert from 'node:assert/strict'
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { done, importArgs, refused, scratchFolder, telltale, telltaleJson } from './command.ts'

interface Imported {
  network: string
  device: string
  asset: string
  records: number
  readings: number
  refused: number
  streams: Record<string, { records: number; readings: number; total: number }>
}

interface Verified {
  summary: string
  lamps: Record<string, { state: string; ground: string }>
  network: { id: string }
  asset: string
  device: string
  streams: { stream: string; count: number }[]
  period: { clock: number } | null
}

const LAMPS = ['network', 'car', 'genuine', 'complete', 'certified', 'reading', 'noted']

suite('from a log to a verified certificate', () => {
  const folder = scratchFolder()
  const data = join(folder, 'car')
  const certificate = join(folder, 'car.telltale')
  const pin = join(folder, 'car.checkpoint')
  let imported: Imported

  before(async () => {
    imported = await done<Imported>(importArgs('short-drive', data))
    await done(['certificate', '--data', data, '--out', certificate])
  })

  test('import tells what became of the log', () => {
    assert.match(imported.network, /^[0-9a-f]{64}$/)
    assert.match(imported.device, /^tt1/)
    assert.deepEqual([imported.records, imported.readings, imported.refused], [12, 473, 0])
    assert.deepEqual(imported.streams['odometer'], { records: 6, readings: 60, total: 6 })
    assert.equal(statSync(join(data, 'keys/device.key')).mode & 0o777, 0o600)
  })

  test('verify: every lamp with its ground, exit 0 where the network is the one that is trusted', async () => {
    const { status, document } = await telltaleJson<Verified>(['verify', certificate, '--network', imported.network, '--reading', '58412 mi'])
    assert.equal(status, 0)
    assert.deepEqual(Object.keys(document.lamps), LAMPS)
    for (const name of LAMPS) assert.deepEqual(Object.keys(document.lamps[name] ?? {}), ['state', 'ground'])
    assert.deepEqual(LAMPS.map((name) => document.lamps[name]?.state), ['holds', 'not-asked', 'holds', 'holds', 'holds', 'holds', 'holds'])
    assert.deepEqual([document.summary, document.network.id, document.asset, document.device], ['holds', imported.network, imported.asset, imported.device])
    assert.equal(document.streams.length, 2)
    assert.equal(document.period?.clock, 1, 'a log without wall time has no dates')
  })

  test('verify: exit 3 where nothing is trusted yet, 1 where something is refuted, 2 where the file cannot be read', async () => {
    const open = await telltaleJson<Verified>(['verify', certificate])
    assert.deepEqual([open.status, open.document.summary], [3, 'unknown'])
    const less = await telltaleJson<Verified>(['verify', certificate, '--network', imported.network, '--reading', '38,412 mi'])
    assert.deepEqual([less.status, less.document.lamps['reading']?.state], [1, 'refuted'])
    const other = await telltaleJson<Verified>(['verify', certificate, '--network', '0'.repeat(64)])
    assert.deepEqual([other.status, other.document.lamps['network']?.state], [1, 'refuted'])
    const half = join(folder, 'half.telltale')
    writeFileSync(half, readFileSync(certificate).subarray(0, 4000))
    await refused(['verify', half], { status: 2, code: 'malformed-cbor' })
  })

  test('verify in words: shape, name and word of each lamp, figures grouped, 80 columns, no colour in a pipe', async () => {
    const { status, out, err } = await telltale(['verify', certificate, '--network', imported.network])
    assert.deepEqual([status, err], [0, ''])
    assert.match(out, /^✔ Network {4}holds /m)
    assert.match(out, /58,412 mi/)
    assert.match(out, /does not show whether the sensor told the truth/)
    for (const line of out.split('\n')) assert.ok(line.length <= 80, line)
    assert.ok(!out.includes('\u001b'))
    const coloured = await telltale(['verify', certificate, '--network', imported.network], { env: { FORCE_COLOR: '1' } })
    assert.ok(coloured.out.includes('\u001b[32m'))
  })

  test('a byte changed anywhere in the middle is noticed', async () => {
    const bytes = readFileSync(certificate)
    const middle = Math.floor(bytes.length / 2)
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    const changed = join(folder, 'changed.telltale')
    writeFileSync(changed, bytes)
    const { status } = await telltale(['verify', changed, '--network', imported.network])
    assert.ok(status === 1 || status === 2, `exit ${status}`)
  })

  test('the second drive goes on where the first ended, and a checkpoint kept before connects to it', async () => {
    const shown = await done<{ network: string; height: number; certified: { height: number; cosigners: unknown[] } }>(['chain', 'show', '--data', data, '--out', pin])
    assert.deepEqual([shown.network, shown.certified.height, shown.certified.cosigners.length], [imported.network, shown.height, 1])
    const second = await done<Imported>(importArgs('second-drive', data))
    assert.deepEqual([second.device, second.streams['odometer']?.total], [imported.device, 15])
    const later = join(folder, 'later.telltale')
    await done(['certificate', '--data', data, '--stream', 'odometer', '--out', later])
    const { status, document } = await telltaleJson<Verified>(['verify', later, '--checkpoint', pin])
    assert.deepEqual([status, document.lamps['network']?.state], [0, 'holds'])
    assert.match(document.lamps['complete']?.ground ?? '', /^15 of 15 records of odometer/)
  })

  test('a certificate of a part says so', async () => {
    const part = join(folder, 'part.telltale')
    await done(['certificate', '--data', data, '--stream', 'odometer', '--from', '1', '--to', '2', '--out', part])
    const { status, document } = await telltaleJson<Verified>(['verify', part, '--network', imported.network])
    assert.deepEqual([status, document.lamps['complete']?.state, document.streams[0]], [0, 'attention', { ...document.streams[0], from: 1, to: 2 }])
    const closed = join(folder, 'closed.telltale')
    await done(['certificate', '--data', data, '--disclose', 'none', '--out', closed])
    assert.ok(!readFileSync(closed).includes(Buffer.from('Vehicle.')), 'nothing of the readings is in the file')
  })

  test('a result file is replaced only by one of its kind', async () => {
    const notes = join(folder, 'notes.txt')
    writeFileSync(notes, 'mine')
    await refused(['certificate', '--data', data, '--out', notes], { status: 2, code: 'file-exists' })
    assert.equal(readFileSync(notes, 'utf8'), 'mine')
    copyFileSync(certificate, join(folder, 'old.telltale'))
    await done(['certificate', '--data', data, '--out', join(folder, 'old.telltale')])
    await done(['certificate', '--data', data, '--out', notes, '--yes'])
  })

  test('the certificate holds without the ledger, and cannot be made again without it', async () => {
    const gone = join(folder, 'gone')
    cpSync(data, gone, { recursive: true })
    rmSync(join(gone, 'store'), { recursive: true })
    assert.equal((await telltale(['verify', certificate, '--network', imported.network])).status, 0)
    await refused(['certificate', '--data', gone, '--out', join(folder, 'again.telltale')], { status: 2, code: 'no-store' })
    assert.ok(!existsSync(join(folder, 'again.telltale')))
  })
})
