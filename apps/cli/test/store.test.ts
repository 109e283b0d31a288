import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { checkData } from '@telltale/node'
import { done, importArgs, refused, scratchFolder, telltale, telltaleJson } from './command.ts'

interface Checked {
  isWhole: boolean
  problemCount: number
  problems: { code: string; file: string; offset: number; length: number; expected: string; found: string }[]
  blocks: number
  transactions: number
  signatures: number
}

interface Repaired {
  isUsable: boolean
  repaired: string[]
  lost: string[]
  loss: { sizeSigned: number | null; sizeHeld: number } | null
  resumed: { height: number; streams: string[] } | null
}

/** Changes one bit in the middle of a file. */
function flip(path: string): void {
  const bytes = readFileSync(path)
  const middle = Math.floor(bytes.length / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

suite('store', () => {
  const folder = scratchFolder()
  const data = join(folder, 'car')
  const backup = join(folder, 'backup')
  let number = 0
  /** A copy of the data directory, to be spoilt. */
  const copy = (): string => {
    const path = join(folder, `copy-${++number}`)
    cpSync(data, path, { recursive: true })
    return path
  }
  const files = (directory: string): string[] => readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))

  before(async () => {
    await done(importArgs('short-drive', data))
    await done(['store', 'backup', backup, '--data', data])
    await done(importArgs('second-drive', data))
  })

  test('check: everything is read, executed and verified again', async () => {
    const report = await done<Checked>(['store', 'check', '--data', data])
    assert.deepEqual([report.isWhole, report.problemCount, report.transactions], [true, 0, 33])
    // How many come together in one depends on the machine.
    assert.ok(report.blocks > 2 && report.blocks <= 34, String(report.blocks))
    // One for each transaction at least, a seal and a cosignature for each block but the first.
    assert.ok(report.signatures >= report.transactions + 2 * (report.blocks - 1), String(report.signatures))
  })

  test('check: a changed bit in any file is found and named', async () => {
    // LevelDB's own diary and the empty lock mean nothing; what is sealed under a secret shows its damage only when it is opened.
    const meaningful = files(data).filter((name) => !/(?:^secrets|^devices|\/(?:lock|LOCK|LOG|LOG\.old)$)/.test(name) && statSync(join(data, name)).size > 0)
    assert.ok(meaningful.length > 8)
    for (const file of meaningful) {
      const spoilt = copy()
      flip(join(spoilt, file))
      const report = await checkData(spoilt)
      const named = report.problems.map((problem) => problem.file)
      assert.ok(named.some((name) => name === file || (file.startsWith('store/rows/') && name.startsWith('store/rows'))), `${file}: ${named.join(', ')}`)
      assert.ok(report.problems.every(({ code, expected }) => code !== '' && expected !== ''))
      rmSync(spoilt, { recursive: true })
    }
  })

  test('check in words: file, bytes, expected, found, and what to do', async () => {
    const spoilt = copy()
    flip(join(spoilt, 'store/blocks/000000000000.seg'))
    const { status, out } = await telltale(['store', 'check', '--data', spoilt])
    assert.equal(status, 1)
    assert.match(out, /^ {2}store\/blocks\/000000000000\.seg, bytes [\d,]+ to [\d,]+: .*$/m)
    assert.match(out, /^ {4}expected .*\n(?: {13}.*\n)* {4}found {4}/m)
    assert.match(out, /Next: telltale store repair/)
    for (const line of out.split('\n')) assert.ok(line.length <= 80 || /[0-9a-f]{60}/.test(line), line)
  })

  test('repair: the index is made anew, damaged parts come from the backup, and nothing is given up unasked', async () => {
    const spoilt = copy()
    for (const name of readdirSync(join(spoilt, 'store/rows')).filter((file) => /\.(?:ldb|log)$/.test(file))) flip(join(spoilt, 'store/rows', name))
    assert.equal((await done<Repaired>(['store', 'repair', '--data', spoilt])).isUsable, true)
    assert.deepEqual((await checkData(spoilt)).problems, [])
    const segment = join(spoilt, 'store/blocks/000000000000.seg')
    const bytes = readFileSync(segment)
    // In the first third: the backup holds that.
    const at = Math.floor(bytes.length / 3)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    writeFileSync(segment, bytes)
    rmSync(join(spoilt, 'keys/owner.key'))
    const refusedRepair = await telltaleJson<Repaired>(['store', 'repair', '--data', spoilt])
    assert.deepEqual([refusedRepair.status, refusedRepair.document.isUsable], [1, false])
    assert.ok(refusedRepair.document.lost.length > 0)
    const mended = await done<Repaired>(['store', 'repair', '--data', spoilt, '--from', backup])
    assert.deepEqual([mended.isUsable, mended.loss], [true, null])
    assert.ok(mended.repaired.some((line) => line.startsWith('keys/owner.key')))
    assert.deepEqual((await checkData(spoilt)).problems, [])
  })

  test('backup and restore: a new directory goes on as if nothing had been', async () => {
    const list = JSON.parse(readFileSync(join(backup, 'telltale-backup.json'), 'utf8')) as { files: { path: string }[] }
    assert.deepEqual(['telltale.json', 'keys/authority.key', 'keys/device.key', 'keys/owner.key'].filter((path) => !list.files.some((file) => file.path === path)), [])
    assert.equal(statSync(join(backup, 'keys/authority.key')).mode & 0o777, 0o600)
    const restored = join(folder, 'restored')
    const report = await done<{ signed: string; replaced: null }>(['store', 'restore', backup, '--data', restored])
    assert.deepEqual([report.signed, report.replaced], ['whole', null])
    const imported = await done<{ resumed: string[]; streams: Record<string, { total: number }> }>(importArgs('second-drive', restored))
    assert.deepEqual([imported.resumed, imported.streams['odometer']?.total], [[], 15])
  })

  test('backup and restore refuse what would do harm', async () => {
    await refused(['store', 'backup', backup, '--data', data], { status: 2, code: 'directory-not-empty' })
    await refused(['store', 'backup', join(data, 'store/inside'), '--data', data], { status: 2, code: 'directory-not-empty' })
    await refused(['store', 'restore', data, '--data', join(folder, 'x')], { status: 2, code: 'not-a-backup' })
    const spoilt = join(folder, 'spoilt-backup')
    cpSync(backup, spoilt, { recursive: true })
    flip(join(spoilt, 'store/attachments/000000000000.seg'))
    await refused(['store', 'restore', spoilt, '--data', join(folder, 'x')], { status: 1, code: 'backup-damaged' })
    const other = join(folder, 'other')
    await done(['init', '--data', other])
    await refused(['store', 'restore', backup, '--data', other], { status: 2, code: 'other-network' })
    await refused(['store', 'repair', '--from', backup, '--data', other], { status: 2, code: 'other-network' })
    assert.deepEqual((await checkData(other)).problems, [])
    assert.ok(!existsSync(join(folder, 'x', 'store')))
  })

  test('a backup older than what was signed: the authority stops, until the loss is accepted and told to everybody', async () => {
    const old = copy()
    const certificate = join(folder, 'old.telltale')
    const { network } = await done<{ network: string }>(['chain', 'show', '--data', old])
    const report = await done<{ signed: string; replaced: string }>(['store', 'restore', backup, '--data', old])
    assert.equal(report.signed, 'behind')
    assert.ok(existsSync(join(report.replaced, 'blocks')), 'what stood there is kept')
    await refused(importArgs('second-drive', old), { status: 1, code: 'signed-state-lost' })
    assert.deepEqual((await checkData(old)).problems.map(({ code }) => code), ['signed-state-lost'])
    assert.equal((await telltaleJson<Repaired>(['store', 'repair', '--data', old])).status, 1)
    const accepted = await done<Repaired>(['store', 'repair', '--accept-loss', '--data', old])
    assert.deepEqual(accepted.loss, { sizeSigned: 33, sizeHeld: 15 })
    assert.equal(accepted.resumed?.streams.length, 2, 'the device had signed records that are gone')
    const imported = await done<{ resumed: string[] }>(importArgs('second-drive', old))
    assert.deepEqual(imported.resumed.sort(), ['driving', 'odometer'])
    await done(['certificate', '--data', old, '--out', certificate])
    const { status, document } = await telltaleJson<{ lamps: Record<string, { state: string; ground: string }> }>(['verify', certificate, '--network', network])
    assert.deepEqual([status, document.lamps['network']?.state, document.lamps['complete']?.state], [0, 'attention', 'attention'])
    assert.match(document.lamps['network']?.ground ?? '', /lost part of its records/)
    assert.deepEqual((await checkData(old)).problems, [])
    const again = await done<{ signed: string }>(['store', 'restore', backup, '--data', old])
    assert.notEqual(again.signed, 'whole', 'the other history was signed too')
  })

  test('the file of what was signed is gone: the same', async () => {
    const gone = copy()
    rmSync(join(gone, 'store/signed'))
    await refused(['certificate', '--data', gone, '--out', join(folder, 'x.telltale')], { status: 1, code: 'signed-state-lost' })
    assert.equal((await telltale(['store', 'repair', '--data', gone])).status, 1)
    const accepted = await done<Repaired>(['store', 'repair', '--accept-loss', '--from', backup, '--data', gone])
    assert.deepEqual([accepted.loss, accepted.resumed?.streams], [{ sizeSigned: null, sizeHeld: 33 }, []])
    const shown = await done<{ resumptions: unknown[]; certified: { height: number }; height: number }>(['chain', 'show', '--data', gone])
    assert.deepEqual([shown.resumptions.length, shown.certified.height], [1, shown.height])
    await done([...importArgs('second-drive', gone), '--again'])
    assert.deepEqual((await checkData(gone)).problems, [])
  })
})
