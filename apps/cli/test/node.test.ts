import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { MAIN, ROOT, done, importArgs, refused, scratchFolder, telltale } from './command.ts'

interface Running {
  url: string
  warnings: string
  /** Interrupts it like ctrl-C and answers with its exit code. */
  stop(): Promise<number | null>
}

/** Starts the real command and waits until it says where it listens. */
async function start(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, 'start', '--json', ...args], { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, warnings] = ['', '']
  child.stderr.on('data', (chunk: Buffer) => (warnings += chunk.toString()))
  const ended = once(child, 'exit')
  while (!out.includes('\n}')) {
    const [piece] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer | number | null]
    assert.ok(piece instanceof Buffer, `the node ended: ${warnings}`)
    out += piece.toString()
  }
  return {
    url: (JSON.parse(out) as { url: string }).url,
    get warnings() {
      return warnings
    },
    async stop() {
      child.kill('SIGINT')
      const [code] = (await ended) as [number | null]
      return code
    },
  }
}

suite('a node', () => {
  const folder = scratchFolder()
  const data = join(folder, 'car')

  test('is asked by commands for what they show otherwise from the directory; ctrl-C stops it and the directory can be used again', { timeout: 120_000 }, async () => {
    await done(importArgs('short-drive', data))
    const before = await done(['chain', 'show', '--data', data])
    const node = await start(['--data', data, '--listen', '127.0.0.1:0'])
    const at = ['--node', node.url]
    try {
      const status = await done(['status', '--data', data])
      assert.deepEqual([status['isRunning'], status['status'], status['height'], status['url']], [true, 'ok', before['height'], node.url])
      assert.deepEqual(await done(['chain', 'show', ...at]), before)
      const sent = await done(['send', 'roles', '[[["operator", "service", null]]]', '--key', 'authority', '--sub', 'owner', '--keys', data, ...at])
      assert.deepEqual([sent['height'], sent['call']], [Number(before['height']) + 1, 'roles'])
      await refused(['send', 'roles', '[[["operator", "service", null]]]', '--key', 'owner', '--sub', 'owner', '--keys', data, ...at], { status: 1, code: 'not-allowed' })
      const file = join(folder, 'car.telltale')
      const made = await done(['certificate', ...at, '--stream', 'odometer', '--disclose', 'none', '--out', file])
      assert.equal((made['streams'] as { count: number }[])[0]?.count, 6)
      const verified = (await telltale(['verify', file, '--network', String(made['network']), '--json'])).out
      assert.equal((JSON.parse(verified) as { lamps: { genuine: { state: string } } }).lamps.genuine.state, 'holds')
      await refused(['certificate', ...at, '--out', file], { status: 2, code: 'usage' })
      await refused(['status', ...at, '--data', data], { status: 2, code: 'usage' })
      assert.match((await refused(['export', '--data', data], { status: 2, code: 'store-in-use' })).message, new RegExp(`--node ${node.url}`), 'it says how to ask the node')
    } finally {
      assert.equal(await node.stop(), 0, node.warnings)
    }
    assert.ok(!existsSync(join(data, 'running.json')))
    const status = await done(['status', '--data', data])
    assert.deepEqual([status['isRunning'], status['height']], [false, Number(before['height']) + 1])
    await refused(['status', ...at], { status: 2, code: 'node-unreachable' })
  })

  test('backs itself up while it runs, for whoever may read its directory and nobody else', { timeout: 120_000 }, async () => {
    const node = await start(['--data', data, '--listen', '127.0.0.1:0'])
    try {
      const backup = join(folder, 'backup')
      const { height } = await done(['store', 'backup', backup, '--data', data])
      await refused(['store', 'backup', backup, '--data', data], { status: 2, code: 'directory-not-empty' })
      const stranger = await fetch(`${node.url}/control/backup`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-telltale-control': 'guess' }, body: JSON.stringify({ target: join(folder, 'stolen') }) })
      assert.equal(stranger.status, 403)
      assert.ok(!existsSync(join(folder, 'stolen')))
      const restored = join(folder, 'restored')
      await done(['store', 'restore', backup, '--data', restored])
      const report = await done(['store', 'check', '--data', restored])
      assert.deepEqual([report['isWhole'], (await done(['status', '--data', restored]))['height']], [true, height])
    } finally {
      assert.equal(await node.stop(), 0)
    }
  })

  test('takes the next free port where the usual one is taken and says so; a port that was asked for is that or none', { timeout: 120_000 }, async () => {
    const other = createServer().listen(8362, '127.0.0.1')
    const isOurs = await once(other, 'listening').then(() => true, () => false)
    try {
      const node = await start(['--data', data])
      try {
        assert.ok(Number(new URL(node.url).port) > 8362)
        assert.match(node.warnings, /Port 8362 is taken by another program; using \d+\./)
      } finally {
        await node.stop()
      }
      await refused(['start', '--data', data, '--listen', '127.0.0.1:8362'], { status: 2, code: 'address-taken' })
    } finally {
      if (isOurs) other.close()
    }
  })

  test('does not listen where others can connect without TLS and a token', { timeout: 120_000 }, async () => {
    await refused(['start', '--data', data, '--listen', '0.0.0.0:0'], { status: 2, code: 'tls-needed' })
    await refused(['start', '--data', data, '--listen', '0.0.0.0:0', '--behind-proxy'], { status: 2, code: 'token-missing' })
    const token = join(folder, 'token')
    await writeFile(token, 'a-token-of-this-test\n')
    const node = await start(['--data', data, '--listen', '0.0.0.0:0', '--behind-proxy', '--token-file', token])
    try {
      await refused(['chain', 'show', '--node', node.url], { status: 1, code: 'token-needed' })
      assert.equal((await done(['chain', 'show', '--node', node.url, '--token-file', token]))['name'], 'telltale')
    } finally {
      await node.stop()
    }
  })

  test('is a gateway only with the key of one, and a network is not made for one that has none', { timeout: 120_000 }, async () => {
    const fresh = join(folder, 'fresh')
    await refused(['start', '--data', fresh, '--gateway', 'gateway'], { status: 2, code: 'key-file-not-found' })
    assert.ok(!existsSync(fresh))
    await refused(['start', '--data', data, '--listen', '127.0.0.1:0', '--gateway', 'owner'], { status: 1, code: 'role-not-in-force' })
    await done(['keys', 'new', 'gateway', '--data', data])
    await done(['send', 'admit', '[{"key": "gateway"}, {"signature": "gateway"}, {"address": "authority"}, [["gateway", null, null]]]', '--key', 'authority', '--sub', 'gateway', '--data', data])
    const node = await start(['--data', data, '--listen', '127.0.0.1:0'], { TELLTALE_GATEWAY: 'gateway' })
    try {
      const { status } = (await (await fetch(`${node.url}/gateway/health`)).json()) as { status: string }
      assert.equal(status, 'ok')
    } finally {
      assert.equal(await node.stop(), 0, node.warnings)
    }
  })

  test('makes no network where it was to meet nodes of one that exists', { timeout: 120_000 }, async () => {
    const mistyped = join(folder, 'mistyped')
    await refused(['start', '--data', mistyped, '--peer-listen', '/ip4/127.0.0.1/tcp/0', '--peers', '/ip4/127.0.0.1/tcp/1'], { status: 2, code: 'no-data' })
    assert.ok(!existsSync(mistyped))
    const node = await start(['--data', data, '--listen', '127.0.0.1:0', '--peer-listen', '/ip4/127.0.0.1/tcp/0', '--peers', '/ip4/127.0.0.1/tcp/1'])
    const genesis = new Uint8Array(await (await fetch(`${node.url}/v1/genesis`)).arrayBuffer())
    assert.equal(await node.stop(), 0, node.warnings)
    assert.match((await refused(['start', '--data', mistyped, '--listen', '127.0.0.1:0'], { status: 2, code: 'no-data' })).message, /telltale init --data/)
    assert.ok(!existsSync(mistyped))
    const [whole, cut, joined] = ['whole.genesis', 'cut.genesis', 'joined'].map((name) => join(folder, name)) as [string, string, string]
    await writeFile(whole, genesis)
    await writeFile(cut, genesis.subarray(0, -1))
    const { message } = await refused(['init', '--data', joined, '--join', cut], { status: 2, code: 'malformed-cbor' })
    assert.ok(message.includes(`${cut} is not the genesis of a network`), message)
    assert.ok(!existsSync(joined), 'nothing is left behind')
    await done(['init', '--data', joined, '--join', whole])
  })

  test('config show tells who set what', async () => {
    await writeFile(join(data, 'config.json'), '{"log-level": "warn", "requests-per-second": 50}')
    const { settings } = await done<{ settings: { name: string; value: unknown; source: string; from: string | null }[] }>(['config', 'show', '--data', data, '--listen', '127.0.0.1:9'], { env: { TELLTALE_LOG_LEVEL: 'debug' } })
    const byName = Object.fromEntries(settings.map(({ name, ...rest }) => [name, rest]))
    assert.deepEqual(byName['listen'], { value: '127.0.0.1:9', source: 'flag', from: '--listen' })
    assert.deepEqual(byName['log-level'], { value: 'debug', source: 'variable', from: 'TELLTALE_LOG_LEVEL' })
    assert.deepEqual(byName['requests-per-second'], { value: 50, source: 'file', from: join(data, 'config.json') })
    assert.equal(byName['behind-proxy']?.source, 'default')
    await refused(['config', 'show', '--data', data, '--log-level', 'loud'], { status: 2, code: 'malformed-setting' })
  })
})
