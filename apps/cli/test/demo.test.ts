import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { verifyCertificate } from '@telltale/certificate'
import { hexToBytes, portable } from '@telltale/core'
import { done, importArgs, refused, scratchFolder, telltale } from './command.ts'

interface Demo {
  data: string
  network: string
  drive: { number: number }
  records: number
  certificate: { file: string; bytes: number; checkpoint: string }
  verification: { summary: string; lamps: Record<string, { state: string }> }
  forgeries: { name: string; summary: string; lamp: string; ground: string }[]
  isSound: boolean
}

suite('demo', () => {
  const folder = scratchFolder()

  test('tells its story in 80 columns, and each cheat turns another lamp red', async () => {
    const { status, out, err } = await telltale(['demo', '--terminal'], { cwd: folder })
    assert.deepEqual([status, err], [0, ''])
    for (const part of ['1  A car reports', '2  One file proves it', '3  What a cheat would try', '4  Your turn']) assert.ok(out.includes(`\n${part}\n`), part)
    assert.match(out, /odometer 5 +10 readings {3}the dashboard says 58,412 mi/)
    assert.equal(out.match(/^ {3}✔/gm)?.length, 7, 'every lamp of the honest certificate is green')
    assert.deepEqual([...out.matchAll(/^ {6}✘ (\S+)/gm)].map((match) => match[1]), ['Reading', 'Genuine', 'Complete', 'Certified', 'Network'])
    assert.ok(!out.includes('\u001b'))
    for (const line of out.split('\n')) assert.ok(line.length <= 80, line)
  })

  test('goes on where it stopped, and its files are what it says', async () => {
    const second = await done<Demo>(['demo', '--terminal'], { cwd: folder })
    assert.deepEqual([second.drive.number, second.records, second.isSound], [2, 18, true])
    assert.ok(Object.values(second.verification.lamps).every(({ state }) => state === 'holds'))
    assert.deepEqual(second.forgeries.map(({ lamp, summary }) => [lamp, summary]), [['reading', 'refuted'], ['genuine', 'refuted'], ['complete', 'refuted'], ['certified', 'refuted'], ['network', 'refuted']])
    const { file, checkpoint, bytes } = second.certificate
    assert.equal(readFileSync(join(folder, file)).length, bytes)
    assert.equal((await telltale(['verify', file, '--checkpoint', checkpoint], { cwd: folder })).status, 0)
    for (const name of ['flipped-byte', 'rolled-back', 'left-out', 'own-ledger']) {
      const forged = new Uint8Array(readFileSync(join(folder, file.replace('my-car', name))))
      const { summary } = await verifyCertificate(forged, { trust: { network: hexToBytes(second.network) } }, portable)
      assert.equal(summary, 'refuted', name)
    }
    const third = await done<Demo>(['demo', '--terminal'], { cwd: folder })
    assert.deepEqual([third.drive.number, third.network, third.isSound], [3, second.network, true])
    const reset = await done<Demo>(['demo', '--terminal', '--reset'], { cwd: folder })
    assert.equal(reset.drive.number, 1)
    assert.notEqual(reset.network, second.network)
  })

  test('leaves alone what is not its own', async () => {
    const mine = join(folder, 'mine')
    await done(importArgs('short-drive', mine))
    for (const more of [[], ['--reset']]) await refused(['demo', '--terminal', '--data', mine, ...more], { status: 2, code: 'not-a-demo' })
    assert.ok(existsSync(join(mine, 'store/blocks')))
    const notes = join(folder, 'notes')
    mkdirSync(notes)
    writeFileSync(join(notes, 'a.txt'), 'mine')
    await refused(['demo', '--terminal', '--data', notes, '--reset'], { status: 2, code: 'directory-not-empty' })
    assert.equal(readFileSync(join(notes, 'a.txt'), 'utf8'), 'mine')
    const own = await done<Demo>(['demo', '--terminal'], { cwd: folder, env: { TELLTALE_DATA: mine } })
    assert.equal(own.data, join('.telltale', 'demo'), 'TELLTALE_DATA names a directory of somebody, not of the demo')
  })
})
