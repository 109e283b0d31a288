import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { freePort, runCommand, startCommand } from '../process.ts'
import type { Running } from '../process.ts'
import { agreed } from './trial.ts'
import type { TrialNode } from './trial.ts'

suite('a network of one authority', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-join-'))
  const [first, second] = [join(folder, 'first'), join(folder, 'second')]
  const running: Running[] = []
  after(async () => {
    for (const node of running) await node.interrupt()
    rmSync(folder, { recursive: true, force: true })
  })

  async function run(args: string[]): Promise<Record<string, unknown>> {
    const { status, document } = await runCommand<Record<string, unknown>>(args)
    assert.equal(status, 0, `${args.join(' ')}: ${JSON.stringify(document)}`)
    return document
  }

  /** As docs/network.md tells those who run one on real machines. */
  test('is joined by a node of others, who become an authority in it; both certify from then on', async () => {
    await run(['init', '--data', first, '--name', 'North Rail'])
    const [firstPeer, secondPeer] = [`/ip4/127.0.0.1/tcp/${await freePort()}`, `/ip4/127.0.0.1/tcp/${await freePort()}`]
    running.push(await startCommand(['start', '--data', first, '--listen', '127.0.0.1:0', '--peer-listen', firstPeer]))
    const { url } = running[0]!.document
    await writeFile(join(folder, 'north-rail.genesis'), Buffer.from(await (await fetch(`${url}/v1/genesis`)).arrayBuffer()))
    const joined = await run(['init', '--data', second, '--join', join(folder, 'north-rail.genesis')])
    assert.equal(joined['network'], running[0]!.document['network'])
    running.push(await startCommand(['start', '--data', second, '--listen', '127.0.0.1:0', '--peer-listen', secondPeer, '--peers', firstPeer]))
    const nodes = running.map(({ document, pid }) => ({ url: document.url, pid }) as TrialNode)

    // The key of the others is handed over as a file with its public half only; here both lie on one machine.
    await writeFile(join(first, 'keys', 'member.key'), await readFile(join(second, 'keys', 'member.key')), { mode: 0o600 })
    const send = (call: string, args: string, sub: string[] = []): Promise<Record<string, unknown>> => run(['send', call, args, ...sub, '--node', url, '--keys', first, '--key', 'authority'])
    await send('admit', '[{"key":"member"},{"signature":"member"},null,[["member",null,null]]]', ['--sub', 'member'])
    await agreed(nodes, 1, 30_000)
    await send('propose', '["add-authority",[{"address":"member"},0,{"key":"member"}]]')
    // It takes force with the block after the next.
    await send('seal-key', '[0,{"hex":"09aa5f1b6f8f4b0b7d6c0e64ab2ab9a1c1d5e3f80102030405060708090a0b0c"}]')
    await send('seal-key', '[1,{"hex":"19aa5f1b6f8f4b0b7d6c0e64ab2ab9a1c1d5e3f80102030405060708090a0b0c"}]')
    await agreed(nodes, 4, 30_000)
    const { authorities } = (await (await fetch(`${url}/v1/network`)).json()) as { authorities: unknown[] }
    assert.equal(authorities.length, 2)
    await send('seal-key', '[2,{"hex":"29aa5f1b6f8f4b0b7d6c0e64ab2ab9a1c1d5e3f80102030405060708090a0b0c"}]')
    await agreed(nodes, 5, 30_000)
    const { cosignatures } = (await (await fetch(`${nodes[1]!.url}/v1/checkpoint`)).json()) as { cosignatures: unknown[] }
    assert.equal(cosignatures.length, 2)
  })
})
