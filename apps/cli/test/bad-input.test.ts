import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { openHomeLedger } from '@telltale/node'
import { ROOT, done, importArgs, importFileArgs, refused, scratchFolder, telltale, telltaleJson } from './command.ts'

const SAMPLES = join(ROOT, 'samples')
const sample = (name: string): string => readFileSync(join(SAMPLES, name), 'utf8')

interface Imported {
  records: number
  readings: number
  refused: number
  refusals: { code: string; count: number; line: number }[]
}

suite('what people get wrong', () => {
  const folder = scratchFolder()
  const data = join(folder, 'car')
  const write = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const sparse = join(folder, 'sparse')
  const certificate = join(folder, 'car.telltale')

  before(async () => {
    await done(importArgs('short-drive', data))
    await done(['certificate', '--data', data, '--out', certificate])
    writeFileSync(sparse, '')
    truncateSync(sparse, 4 * 2 ** 30)
  })

  const importWith = (files: { log?: string; dbc?: string; map?: string }): string[] => [
    'import', files.log ?? join(SAMPLES, 'short-drive.log'), '--dbc', files.dbc ?? join(SAMPLES, 'short-drive.dbc'), '--map', files.map ?? join(SAMPLES, 'short-drive.map.json'), '--data', data,
  ]

  test('mappings: no unit, an unknown signal, no JSON, a file of 4 GB', async () => {
    const noUnit = await refused(importWith({ map: write('a.json', sample('short-drive.map.json').replace('"unit": "km/h", ', '')) }), { status: 2, code: 'malformed-mapping' })
    assert.match(noUnit.message, /signals\[1\]\.unit/)
    const unknown = await refused(importWith({ map: write('b.json', sample('short-drive.map.json').replace('SPEED_OVER_GROUND', 'SPEED_OVR_GROUND')) }), { status: 2, code: 'unknown-signal' })
    assert.match(unknown.message, /Did you mean SPEED_OVER_GROUND/)
    await refused(importWith({ map: sparse }), { status: 2, code: 'file-too-large' })
    await refused(['import', join(SAMPLES, 'short-drive.log'), '--data', data], { status: 2, code: 'usage' })
  })

  test('databases: a syntax error with its line, bytes that are no text, a file of 4 GB', async () => {
    const syntax = await refused(importWith({ dbc: write('a.dbc', sample('short-drive.dbc').replace('SG_ SPEED_OVER_GROUND :', 'SG_ SPEED_OVER_GROUND ;')) }), { status: 2, code: 'malformed-dbc' })
    assert.match(syntax.message, /Line 10/)
    const binary = join(folder, 'binary.dbc')
    writeFileSync(binary, Buffer.from([0xff, 0xfe, 0x00]))
    const swapped = await refused(['import', join(SAMPLES, 'short-drive.dbc'), '--dbc', join(SAMPLES, 'short-drive.log'), '--map', join(SAMPLES, 'short-drive.map.json'), '--data', data], { status: 2, code: 'malformed-dbc' })
    assert.match(swapped.message, /The two are swapped/)
    await refused(importWith({ dbc: binary }), { status: 2, code: 'malformed-text' })
    await refused(importWith({ dbc: sparse }), { status: 2, code: 'file-too-large' })
  })

  test('logs of which nothing can be read: nothing is made or written', async () => {
    const fresh = join(folder, 'fresh')
    const all = await refused(importFileArgs(sparse, fresh), { status: 2, code: 'nothing-to-import' })
    assert.match(all.message, /is no text/)
    const noise = await refused(importFileArgs(write('noise.log', 'one\ntwo\n'), fresh), { status: 2, code: 'nothing-to-import' })
    assert.match(noise.message, /nothing in 2 lines became a reading\. The first refusal of 2: .*not a candump line/)
    await refused(importFileArgs(write('empty.log', ''), fresh), { status: 2, code: 'nothing-to-import' })
    const foreign = await refused(importFileArgs(write('other.log', '(0000000012.480000) can0 7FF#00\n'), fresh), { status: 2, code: 'nothing-to-import' })
    assert.match(foreign.message, /No line carries a signal that the mapping names/)
    await refused(importFileArgs(join(folder, 'missing.log'), fresh), { status: 2, code: 'file-not-found' })
    await refused(importFileArgs(folder, fresh), { status: 2, code: 'not-a-file' })
    assert.ok(!existsSync(fresh))
  })

  test('logs with damage in them: a truncated line is counted, a clock that jumps back ends the record', async () => {
    const lines = sample('short-drive.log').split('\n')
    const cut = write('cut.log', [...lines.slice(0, 400), (lines[400] ?? '').slice(0, 16), ...lines.slice(401, 500), ''].join('\n'))
    const truncated = await done<Imported>(importFileArgs(cut, data))
    assert.deepEqual([truncated.refused, truncated.refusals[0]?.code, truncated.refusals[0]?.line], [1, 'malformed-log-line', 401])
    assert.ok(truncated.records > 0)
    const jump = write('jump.log', [...lines.slice(0, 500), ...lines.slice(0, 300), ''].join('\n'))
    const jumped = await done<Imported>(importFileArgs(jump, data))
    assert.deepEqual([jumped.refused, jumped.readings], [0, 194])
    const { status, out } = await telltale([...importFileArgs(cut, data), '--quiet', '--again'])
    assert.equal(status, 0)
    assert.match(out, /refused {2}1 time malformed-log-line, first in\s+\S+ on line 401/)
  })

  test('what is no address of a node, and no token', async () => {
    await refused(['status', '--node', 'http://127.0.0.1:9'], { status: 2, code: 'node-unreachable' })
    for (const url of ['127.0.0.1:9', 'ftp://127.0.0.1', 'http://me:secret@127.0.0.1:9', 'http://:secret@127.0.0.1:9', 'http://127.0.0.1:9?x=1']) await refused(['status', '--node', url], { status: 2, code: 'usage' })
    await refused(['status', '--node', 'http://127.0.0.1:9', '--token-file', '/dev/zero'], { status: 2, code: 'file-too-large' })
  })

  test('claims about time', async () => {
    await refused([...importArgs('short-drive', data), '--recorded-at', 'yesterday'], { status: 2, code: 'usage' })
    const wall = write('wall.log', sample('short-drive.log').replaceAll('(00000000', '(17000000'))
    await refused([...importFileArgs(wall, data), '--recorded-at', '2026-01-31T12:00Z'], { status: 2, code: 'usage' })
    await refused([...importArgs('short-drive', data), '--open'], { status: 2, code: 'usage' })
  })

  test('certificates: of a later version, half of one, something else, 4 GB, none', async () => {
    const bytes = readFileSync(certificate)
    const later = Buffer.from(bytes)
    later[10] = 2
    writeFileSync(join(folder, 'later.telltale'), later)
    assert.equal((await telltale(['verify', certificate])).status, 3, 'the honest one can be read')
    await refused(['verify', join(folder, 'later.telltale')], { status: 2, code: 'unknown-version' })
    writeFileSync(join(folder, 'half.telltale'), bytes.subarray(0, bytes.length / 2))
    await refused(['verify', join(folder, 'half.telltale')], { status: 2, code: 'malformed-cbor' })
    await refused(['verify', join(SAMPLES, 'short-drive.log')], { status: 2, code: 'not-a-certificate' })
    const path = join(ROOT, 'test/vectors/anchored.telltale')
    assert.equal((await telltale(['verify', path])).status, 3)
    const whole = readFileSync(path)
    const cut = join(folder, 'cut.telltale')
    writeFileSync(cut, whole.subarray(0, 1500))
    assert.match((await refused(['verify', cut], { status: 2, code: 'malformed-cbor' })).message, /ends too early.*get it again/)
    await refused(['verify', sparse], { status: 2, code: 'file-too-large' })
    await refused(['verify', certificate, '--network', 'abc'], { status: 2, code: 'usage' })
    await refused(['verify', certificate, '--reading', 'many'], { status: 2, code: 'malformed-reading' })
    await refused(['verify', certificate, '--checkpoint', certificate], { status: 2, code: 'malformed-checkpoint' })
  })

  test('keys: a half-written file, one of 4 GB, a wrong password, none', async () => {
    const copy = join(folder, 'half-key')
    cpSync(data, copy, { recursive: true })
    const key = join(copy, 'keys/authority.key')
    writeFileSync(key, readFileSync(key).subarray(0, 100))
    await refused(['export', '--data', copy], { status: 2, code: 'malformed-key-file' })
    truncateSync(key, 4 * 2 ** 30)
    await refused(['export', '--data', copy], { status: 2, code: 'malformed-key-file' })
    const [right, wrong, empty] = [write('right', 'sesame\n'), write('wrong', 'open\n'), write('none', '')]
    const locked = join(folder, 'locked')
    await done(['init', '--data', locked], { env: { TELLTALE_PASSWORD_FILE: right } })
    await refused(['certificate', '--data', locked, '--out', join(folder, 'x')], { status: 2, code: 'password-required' })
    await refused(['certificate', '--data', locked, '--out', join(folder, 'x')], { status: 2, code: 'wrong-password' }, { env: { TELLTALE_PASSWORD_FILE: wrong } })
    await refused(['certificate', '--data', locked, '--out', join(folder, 'x')], { status: 2, code: 'usage' }, { env: { TELLTALE_PASSWORD_FILE: empty } })
    await refused(['certificate', '--data', locked, '--out', join(folder, 'x')], { status: 2, code: 'device-needed' }, { env: { TELLTALE_PASSWORD_FILE: right } })
    assert.equal((await telltale(['chain', 'show', '--data', locked])).status, 0, 'looking takes no password')
  })

  test('directories: empty, of somebody else, a file, one that cannot be made, of a newer format, used already', async () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    for (const command of ['export', 'store check', 'chain show']) await refused([...command.split(' '), '--data', empty], { status: 2, code: 'no-data' })
    const foreign = join(folder, 'foreign')
    mkdirSync(foreign)
    writeFileSync(join(foreign, 'notes.txt'), 'mine')
    await refused(importArgs('short-drive', foreign), { status: 2, code: 'directory-not-empty' })
    assert.deepEqual(readdirSync(foreign), ['notes.txt'])
    await refused(['init', '--data', sparse], { status: 2, code: 'not-a-directory' })
    await refused(['init', '--data', join('/proc', 'telltale')], { status: 2, code: process.platform === 'linux' ? 'file-not-found' : 'permission-denied' })
    await refused(['init', '--data', data], { status: 2, code: 'already-initialised' })
    const newer = join(folder, 'newer')
    cpSync(data, newer, { recursive: true })
    const format = readFileSync(join(newer, 'store/format'), 'utf8').replace(/^format \d+/m, 'format 99').replace(/check .*\n$/, '')
    writeFileSync(join(newer, 'store/format'), `${format}check ${createHash('sha256').update(format).digest('hex').slice(0, 32)}\n`)
    await refused(['export', '--data', newer], { status: 2, code: 'store-too-new' })
    const used = await openHomeLedger(data)
    try {
      await refused(['export', '--data', data], { status: 2, code: 'store-in-use' })
    } finally {
      await used.close()
    }
  })

  test('a data directory that lost telltale.json is not begun again over its store', async () => {
    const lost = join(folder, 'lost')
    cpSync(data, lost, { recursive: true })
    rmSync(join(lost, 'telltale.json'))
    const error = await refused(importArgs('short-drive', lost), { status: 2, code: 'data-unreadable' })
    assert.match(error.message, /store restore/)
    writeFileSync(join(lost, 'telltale.json'), '{"version":1')
    await refused(['export', '--data', lost], { status: 2, code: 'malformed-profile' })
    const check = await telltaleJson<{ problems: { file: string }[] }>(['store', 'check', '--data', lost])
    assert.deepEqual([check.status, check.document.problems.map(({ file }) => file)], [1, ['telltale.json']])
  })

  test('the command itself: unknown, misspelt, incomplete', async () => {
    const unknown = await refused(['imprt'], { status: 2, code: 'unknown-command' })
    assert.match(unknown.message, /Did you mean import\?/)
    const option = await refused(['verify', certificate, '--netwrk', 'x'], { status: 2, code: 'unknown-option' })
    assert.match(option.message, /Did you mean --network\?/)
    await refused(['verify'], { status: 2, code: 'usage' })
    await refused(['store'], { status: 2, code: 'usage' })
    const words = await telltale(['certificate', '--data', data])
    assert.deepEqual([words.status, words.out], [2, ''])
    assert.match(words.err, /^telltale: required option '--out <file>' not specified\n\(see telltale certificate --help\)\n$/)
    const bare = await telltale([])
    assert.deepEqual([bare.status, bare.err], [0, ''])
    assert.match(bare.out, /^Usage: telltale/)
  })
})
