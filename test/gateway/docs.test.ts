import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { freePort, startCommand } from '../process.ts'
import type { Running } from '../process.ts'
import { until, withFolder } from './rig.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/gateway.md'), 'utf8')

/** The commands that the page tells people to type, in their order. */
function commands(): string[] {
  const lines = [...PAGE.matchAll(/^```console\n(.*?)^```$/gms)].flatMap((match) => (match[1] ?? '').split('\n'))
  return lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2))
}

function telltale(args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'apps/cli/src/main.ts'), ...args], { cwd: ROOT, encoding: 'utf8', timeout: 60_000 })
  return { status, output: stdout + stderr }
}

interface Health {
  status: string
  statements: string | null
  address: string
  waitingRecords: number
}

test('docs/gateway.md: every command does what the page says', { timeout: 120_000 }, async () => {
  await withFolder(async (folder) => {
    const [nodePort, gatewayPort] = [await freePort(), await freePort()]
    const place = (text: string): string => text.replaceAll(':8362', `:${nodePort}`).replaceAll(':8363', `:${gatewayPort}`).replaceAll(/\bmy-(node|gateway)\b/g, `${folder}/my-$1`)
    const [importing, starting, relaying, asking, admitting, making, admittingThat, startingBoth, askingThat, ...more] = commands().map(place) as [string, string, string, string, string, string, string, string, string]
    assert.deepEqual(more, [], 'this test knows every command of the page')
    const argumentsOf = (command: string): string[] => command.split(' ').slice(1).map((word) => word.replaceAll("'", ''))
    const running: Running[] = []
    try {
      const imported = telltale(argumentsOf(importing))
      assert.equal(imported.status, 0, imported.output)
      running.push(await startCommand(argumentsOf(starting)))
      const gateway = await startCommand(argumentsOf(relaying))
      running.unshift(gateway)
      const health = async (): Promise<Health> => (await (await fetch(asking.split(' ').at(-1) as string)).json()) as Health
      assert.equal((await health()).status, 'ok')

      // What the gateway prints has the form that the page shows, and an authority can run it.
      const printed = gateway.document['admission'] as string
      const [, json] = /^telltale send admit '(.*)' --key authority --sub (tt1[a-z0-9]+)$/.exec(printed) ?? []
      const shape = json!.replace(/"cbor":"[0-9a-f]+"/, '"cbor":"KEY"').replace(/"hex":"[0-9a-f]+"/, '"hex":"SIGNATURE"').replace(/"tt1[^"]+"/, '"AUTHORITY"')
      assert.ok(admitting.includes(`'${shape}'`), `the page shows ${shape}`)
      const tail = admitting.slice(admitting.indexOf(' --node ') + 1).split(' ')
      const { address } = await health()
      const admitted = telltale(['send', 'admit', json!, '--key', 'authority', '--sub', address, ...tail])
      assert.equal(admitted.status, 0, admitted.output)
      const identity = (await (await fetch(`http://127.0.0.1:${nodePort}/v1/identities/${address}`)).json()) as { roles: { role: string }[] }
      assert.deepEqual(identity.roles.map(({ role }) => role), ['gateway'])

      for (const name of figuresOf(PAGE)) await until(`${name} is there`, async () => (await (await fetch(`http://127.0.0.1:${gatewayPort}/metrics`)).text()).includes(`# TYPE ${name} `))
      for (const one of running.splice(0)) assert.equal(await one.interrupt(), 0, one.output())

      // The gateway in the node.
      for (const command of [making, admittingThat]) {
        const { status, output } = telltale(argumentsOf(command))
        assert.equal(status, 0, output)
      }
      running.push(await startCommand(argumentsOf(startingBoth)))
      const both = (await (await fetch(askingThat.split(' ').at(-1) as string)).json()) as Health
      assert.deepEqual([both.status, both.statements], ['ok', null])
      for (const one of running.splice(0)) assert.equal(await one.interrupt(), 0, one.output())
    } finally {
      for (const one of running) await one.kill()
    }
  })
})

/** Names of the page's table of figures. */
function figuresOf(page: string): string[] {
  const names = [...page.matchAll(/^\| `(telltale_[a-z_]+)` \|/gm)].map((match) => match[1] as string)
  assert.ok(names.length >= 7)
  return names
}
