import assert from 'node:assert/strict'
import { cpSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { before, suite, test } from 'node:test'
import { readAge } from '../src/retention-age.ts'
import { done, importArgs, refused, scratchFolder, telltale } from './command.ts'
import { served } from './served.ts'

const DAY_MS = 86_400_000
const CLOCK_BEHIND = pathToFileURL(resolve(import.meta.dirname, 'clock-behind.ts')).href

/** A hundred days ago. */
const LONG_AGO = { env: { NODE_OPTIONS: `--import ${CLOCK_BEHIND}`, CLOCK_BEHIND_MS: String(100 * DAY_MS) } }

interface Dropped {
  retentionMs: number | null
  attachments: number
  bytes: number
  before: number
  after: number
}

function attachmentBytes(data: string): number {
  const folder = join(data, 'store/attachments')
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

suite('a network that keeps attachments for 90 days', () => {
  const folder = scratchFolder()
  const data = join(folder, 'car')
  const copy = join(folder, 'copy')
  const older = join(folder, 'older.telltale')
  let network = ''
  /** Records of the drive a hundred days ago. */
  let oldRecords = 0

  before(async () => {
    network = (await done<{ network: string }>(['init', '--data', data, '--name', 'North Rail', '--retention', '90d'], LONG_AGO)).network
    await done(importArgs('second-drive', data), LONG_AGO)
    const made = await done<{ streams: { count: number }[] }>(['certificate', '--data', data, '--stream', 'odometer', '--out', older], LONG_AGO)
    oldRecords = made.streams[0]!.count
    assert.ok(oldRecords > 0)
    assert.equal((await done<Dropped>(['store', 'drop-old', '--data', data])).attachments, 0, 'no clock of a machine counts')
    await done(importArgs('short-drive', data))
    cpSync(data, copy, { recursive: true })
  })

  test('drops what is older, and the disk is used less', async () => {
    const held = attachmentBytes(data)
    const dropped = await done<Dropped>(['store', 'drop-old', '--data', data])
    assert.ok(dropped.attachments > 0 && dropped.bytes > 8_192, JSON.stringify(dropped))
    assert.deepEqual([dropped.retentionMs, dropped.before, dropped.after], [90 * DAY_MS, held, attachmentBytes(data)])
    assert.ok(dropped.before - dropped.after > dropped.bytes * 0.9, `${dropped.before} bytes, then ${dropped.after}`)
    const again = await telltale(['store', 'drop-old', '--data', data])
    assert.match(again.out, /^Dropped 0 attachments of 0 bytes from blocks up to [\d,]+, which are older than\s90\sdays\./)
    const report = await done<{ isWhole: boolean; problemCount: number }>(['store', 'check', '--data', data])
    assert.deepEqual([report.isWhole, report.problemCount], [true, 0])
  })

  test('a certificate from before still holds; a new one proves the records, and says what cannot be opened any more', async () => {
    assert.equal((await done<{ summary: string }>(['verify', older, '--network', network])).summary, 'holds')
    const range = (from: number, to: number): string[] => ['certificate', '--data', data, '--stream', 'odometer', '--disclose', `${from}..${to}`, '--out', join(folder, `${from}.telltale`)]
    const error = await refused(range(0, oldRecords - 1), { status: 1, code: 'body-dropped' })
    assert.match(error.message, new RegExp(`kept no longer: odometer 0 to ${oldRecords - 1}\\. `))
    const made = await done<{ streams: { count: number }[] }>(range(oldRecords, oldRecords))
    assert.ok(made.streams[0]!.count > oldRecords)
    const verified = await done<{ summary: string; lamps: { complete: { state: string } }; streams: { count: number; disclosed: number }[] }>(['verify', join(folder, `${oldRecords}.telltale`), '--network', network])
    assert.deepEqual([verified.lamps.complete.state, verified.streams[0]?.count, verified.streams[0]?.disclosed], ['holds', made.streams[0]?.count, 1])
  })

  test('the export goes on past them and says so', async () => {
    const { status, out, err } = await telltale(['export', '--data', data, '--stream', 'odometer'])
    assert.equal(status, 0)
    assert.ok(out.split('\n').length > 2)
    assert.match(err.replaceAll(/\s+/g, ' '), new RegExp(`Not opened: odometer 0 to ${oldRecords - 1}\\. .*kept no longer.*\\(body-dropped\\)`))
  })

  test('a running node does so by itself, and when it is asked', { timeout: 60_000 }, async () => {
    const held = attachmentBytes(copy)
    const node = await served(['start', '--data', copy])
    try {
      for (let tries = 0; tries < 100 && attachmentBytes(copy) >= held; tries++) await sleep(100)
      assert.ok(attachmentBytes(copy) < held / 2, 'old attachments are gone')
      const parameters = ((await (await fetch(`${node.url}/v1/network`)).json()) as { parameters: { retentionMs: number } }).parameters
      assert.equal(parameters.retentionMs, 90 * DAY_MS)
      const asked = await done<Dropped>(['store', 'drop-old', '--data', copy])
      assert.deepEqual([asked.attachments, asked.before], [0, asked.after])
    } finally {
      assert.equal(await node.stop(), 0)
    }
    assert.equal((await done<{ isWhole: boolean }>(['store', 'check', '--data', copy])).isWhole, true)
  })

  test('an age that its authorities choose later holds for what is there already', async () => {
    const later = join(folder, 'later')
    await done(importArgs('second-drive', later), LONG_AGO)
    const held = attachmentBytes(later)
    const parameters = { name: 'telltale', sealers: 'authorities', work: 0, 'block-ms': 0, 'block-transactions': 5000, 'block-bytes': 16_777_216, notes: 256, 'quota-bytes': 1_073_741_824, 'quota-ms': 3_600_000, 'late-ms': 600_000, algorithms: [-8, -7, -47, -257], 'retention-ms': 90 * DAY_MS }
    const propose = (map: object): string[] => ['send', 'propose', JSON.stringify(['parameters', { map }]), '--key', 'authority', '--data', later]
    await refused(propose({ ...parameters, 'retention-ms': 59_999 }), { status: 2, code: 'wrong-shape' })
    await done(propose(parameters))
    const dropped = await done<Dropped>(['store', 'drop-old', '--data', later])
    assert.ok(dropped.attachments > 0 && attachmentBytes(later) < held / 10, JSON.stringify(dropped))
  })

  test('the age is one that can be kept', async () => {
    const fresh = join(folder, 'fresh')
    assert.deepEqual(['1m', '36h', '90d', '12725d'].map(readAge), [60_000, 36 * 3_600_000, 90 * DAY_MS, 12_725 * DAY_MS])
    for (const age of ['0d', '90', 'd', '-1d', '1.5h', '30s', '12726d', '999999999d', '01d', '90 d']) assert.throws(() => readAge(age), { code: 'malformed-age' }, age)
    await refused(['init', '--data', fresh, '--retention', '0d'], { status: 2, code: 'malformed-age' })
    assert.deepEqual(readdirSync(folder).includes('fresh'), false)
    await refused(['init', '--data', fresh, '--join', older, '--retention', '90d'], { status: 2, code: 'usage' })
    await done(['init', '--data', fresh, '--retention', '1m'])
    assert.ok(readFileSync(join(fresh, 'telltale.json')).length > 0)
    const forEver = join(folder, 'for-ever')
    await done(['init', '--data', forEver])
    assert.equal((await done<Dropped>(['store', 'drop-old', '--data', forEver])).retentionMs, null)
  })
})
