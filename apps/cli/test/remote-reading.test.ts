import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { createdId } from '@telltale/core'
import { ROOT, done, importArgs, importFileArgs, refused, scratchFolder, telltale } from './command.ts'
import { served } from './served.ts'

/** Runs commands on a directory, and the same commands on the node that serves it. */
async function compare(data: string, commands: string[][], work: (here: Awaited<ReturnType<typeof telltale>>[], there: Awaited<ReturnType<typeof telltale>>[], url: string) => Promise<void>): Promise<void> {
  const here = []
  for (const command of commands) here.push(await telltale([...command, '--data', data]))
  const node = await served(['start', '--data', data])
  try {
    const there = []
    for (const command of commands) there.push(await telltale([...command, '--node', node.url]))
    await work(here, there, node.url)
  } finally {
    await node.stop()
  }
}

suite('what a node is asked for and a directory shows', () => {
  const folder = scratchFolder()

  test('open readings are exported from a node as from the directory, by number and by time', { timeout: 120_000 }, async () => {
    const data = join(folder, 'open')
    const wall = join(folder, 'wall.log')
    const drive = await readFile(join(ROOT, 'samples/short-drive.log'), 'utf8')
    await writeFile(wall, drive.replaceAll(/^\((\d+)/gm, (_, seconds: string) => `(${Date.UTC(2026, 0, 31, 12) / 1000 + Number(seconds)}`))
    await done([...importFileArgs(wall, data), '--open'])
    const commands = [['--stream', 'odometer'], [], ['--json'], ['--format', 'json', '--stream', 'odometer', '--from', '2', '--to', '3'], ['--stream', 'odometer', '--from', '2026-01-31T12:00:20Z', '--to', '2026-01-31T12:00:40Z']].map((args) => ['export', ...args])
    await compare(data, commands, async (here, there, url) => {
      assert.deepEqual(there, here)
      assert.match(here[0]!.err, /Exported 60 readings of 6 records\./)
      const lines = here.map(({ out }) => out.split('\n').length)
      assert.ok(lines[1]! > lines[0]! && lines[4]! < lines[0]! && lines[4]! > 10, 'each is a part of the whole')
      const at = ['export', '--node', url]
      await refused([...at, '--stream', 'odometr'], { status: 2, code: 'unknown-stream' })
      await refused([...at, '--device', 'nobody'], { status: 2, code: 'device-needed' })
      await refused([...at, '--from', '3', '--to', '1'], { status: 2, code: 'usage' })
      await refused([...at, '--data', data], { status: 2, code: 'usage' })
      const file = join(folder, 'part.telltale')
      const { streams } = await done<{ streams: { from: number; to: number }[] }>(['certificate', '--node', url, '--stream', 'odometer', '--from', '2026-01-31T12:00:30Z', '--disclose', 'none', '--out', file])
      assert.ok(streams[0]!.from > 0 && streams[0]!.to === 5)
    })
  })

  test('sealed records stay closed, and are told as where their keys are missing', { timeout: 120_000 }, async () => {
    const data = join(folder, 'sealed')
    await done(importArgs('short-drive', data))
    await compare(data, [], async (_here, _there, url) => {
      const { status, out, err } = await telltale(['export', '--node', url])
      assert.deepEqual([status, out], [0, 'time,clock,stream,record,path,value,unit,raw value,raw unit,source\r\n'])
      assert.match(err, /Not opened: odometer 0 to 5\. .*\(no-key\)/)
      assert.match(err, /Exported 0 readings of 0 records; 12 could not be opened\./)
      await refused(['export', '--node', url, '--stream', 'odometer', '--from', '2026-01-31'], { status: 2, code: 'no-keys' })
    })
  })

  test('assets and devices are listed and shown, without what only their owner knows', { timeout: 120_000 }, async () => {
    const data = join(folder, 'sealed')
    const commands = [['asset', 'list'], ['asset', 'show'], ['device', 'list'], ['device', 'show']].map((command) => [...command, '--json'])
    await compare(data, commands, async (here, there, url) => {
      const [assets, asset, devices, device] = here.map(({ out }) => JSON.parse(out) as Record<string, unknown>) as [{ assets: { asset: string }[] }, object, { devices: { device: string }[] }, object]
      const expected = [
        { assets: assets.assets.map((item) => ({ ...item, ownerName: null, attributes: {}, known: '' })) },
        { ...asset, attributes: {}, salt: null },
        { devices: devices.devices.map((item) => ({ ...item, name: null, isSealed: null })) },
        { ...device, name: null, isSealed: null, grants: null, refused: null },
      ]
      assert.deepEqual(there.map(({ out }) => JSON.parse(out) as unknown), expected)
      const { out } = await telltale(['device', 'show', '--node', url, '--device', devices.devices[0]!.device])
      assert.match(out, /state {4}active\nstreams {2}\S+: 6 records/)
      assert.match((await telltale(['asset', 'show', '--node', url])).out, /only its owner knows which one it is/)
      await refused(['asset', 'show', '--node', url, '--asset', 'my car'], { status: 2, code: 'asset-needed' })
      await refused(['asset', 'show', '--node', url, '--asset', createdId('ta', new Uint8Array(32))], { status: 1, code: 'unknown-asset' })
    })
  })
})
