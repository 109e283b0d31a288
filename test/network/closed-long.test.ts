import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort, runCommand, startCommand } from '../process.ts'
import type { Running } from '../process.ts'
import { agreed } from './trial.ts'
import type { TrialNode } from './trial.ts'

suite('a closed network', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-closed-'))
  const [first, second] = [join(folder, 'first'), join(folder, 'second')]
  const running: Running[] = []
  after(async () => {
    for (const node of running) await node.interrupt()
    rmSync(folder, { recursive: true, force: true })
  })

  test('lets a node in that joins it once an authority has run the command that the node prints', async () => {
    const began = await runCommand(['init', '--data', first])
    assert.equal(began.status, 0)
    const peer = `/ip4/127.0.0.1/tcp/${await freePort()}`
    running.push(await startCommand(['start', '--data', first, '--listen', '127.0.0.1:0', '--peer-listen', peer, '--peers-admitted-only']))
    const { url } = running[0]!.document
    const genesis = join(folder, 'genesis')
    await writeFile(genesis, Buffer.from(await (await fetch(`${url}/v1/genesis`)).arrayBuffer()))
    const joined = await runCommand<{ member: string; admission: string }>(['init', '--data', second, '--join', genesis])
    running.push(await startCommand(['start', '--data', second, '--listen', '127.0.0.1:0', '--peer-listen', '/ip4/127.0.0.1/tcp/0', '--peers', peer]))
    const endMs = performance.now() + 30_000
    while (!running[1]!.output().includes(joined.document.admission)) {
      assert.ok(performance.now() < endMs, `the command is not printed: ${running[1]!.output()}`)
      await wait(50)
    }
    const peers = async (): Promise<{ isConnected: boolean }[]> => ((await (await fetch(`${url}/v1/peers`)).json()) as { peers: { isConnected: boolean }[] }).peers
    assert.deepEqual((await peers()).filter(({ isConnected }) => isConnected), [])
    const [, args = '', address = ''] = /^telltale send admit '(.*)' --key authority --sub (\S+)$/.exec(joined.document.admission) ?? []
    assert.equal(address, joined.document.member)
    const sent = await runCommand(['send', 'admit', args, '--key', 'authority', '--sub', address, '--node', url, '--keys', first])
    assert.equal(sent.status, 0, JSON.stringify(sent.document))
    await agreed(running.map(({ document, pid }) => ({ url: document.url, pid }) as TrialNode), 1, 60_000)
    assert.equal((await peers()).filter(({ isConnected }) => isConnected).length, 1)
  })
})
