import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { bytesToHex, decodePin, encode, setToCbor } from '@telltale/core'
import { ROOT, scratchFolder, telltale, telltaleJson } from './command.ts'
import { runHere } from './scratch-data.ts'
import type { Ended } from './scratch-data.ts'
import { served } from './served.ts'
import type { Served } from './served.ts'

const SAMPLES = join(ROOT, 'samples')
const logArgs = (which: 'short' | 'second'): string[] => [join(SAMPLES, `${which}-drive.log`), '--dbc', join(SAMPLES, 'short-drive.dbc'), '--map', join(SAMPLES, 'short-drive.map.json'), '--quiet']

const run = (...args: string[]): Promise<Ended> => runHere([...args, '--json'])

async function ok<T = Record<string, unknown>>(...args: string[]): Promise<T> {
  const { exitCode, output, code, message } = await run(...args)
  assert.equal(exitCode, 0, `telltale ${args.join(' ')}: ${message} (${code ?? 'no code'})`)
  return JSON.parse(output) as T
}

async function refuses(code: string, ...args: string[]): Promise<string> {
  const ended = await run(...args)
  assert.equal(ended.code, code, `telltale ${args.join(' ')}: ${ended.message}`)
  assert.notEqual(ended.exitCode, 0)
  return ended.message
}

/** What matched, with another hexadecimal digit in the place of the one that was caught. */
function flipped(match: string, digit: string): string {
  const place = match.lastIndexOf(digit, match.startsWith(digit) ? 0 : match.length)
  return `${match.slice(0, place)}${digit === '0' ? '1' : '0'}${match.slice(place + 1)}`
}

/** Something that listens where a node is expected. */
async function listen(answer: (request: IncomingMessage) => Promise<{ status: number; type: string; body: string | Buffer }>): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

/** A node that stands before the real one and changes what it answers. */
function between(url: string, change: (path: string, body: string) => string | null): ReturnType<typeof listen> {
  return listen(async (request) => {
    const { url: path = '/', method = 'GET', headers } = request
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const type = headers['content-type']
    const given = await fetch(url + path, { method, ...(method === 'POST' ? { body: Buffer.concat(pieces) } : {}), headers: type === undefined ? {} : { 'content-type': type } })
    const body = Buffer.from(await given.arrayBuffer())
    const changed = (given.headers.get('content-type') ?? '').includes('json') ? change(path, body.toString()) : null
    return { status: given.status, type: given.headers.get('content-type') ?? 'application/json', body: changed ?? body }
  })
}

interface Verified {
  summary: string
  refusal?: { code: string }
  lamps: Record<string, { state: string }>
  node: { isNewer?: boolean; records?: { newer: number }[]; notes?: { kind: string }[]; ended?: { address: string }[]; error?: { code: string; message: string } } | null
}

suite('commands at a node', { timeout: 240_000 }, () => {
  const folder = scratchFolder()
  const [net, fork, mine, other] = ['net', 'fork', 'mine', 'other'].map((name) => join(folder, name)) as [string, string, string, string]
  const [file, forked] = ['car.telltale', 'fork.telltale'].map((name) => join(folder, name)) as [string, string]
  let node: Served
  let network = ''
  let car = ''
  let at: string[] = []

  before(async () => {
    await ok('import', ...logArgs('short'), '--data', net)
    network = (await ok<{ network: string }>('certificate', '--data', net, '--out', file)).network
    car = (await ok<{ devices: { device: string }[] }>('device', 'list', '--data', net)).devices[0]!.device
    cpSync(net, fork, { recursive: true })
    await ok('import', ...logArgs('second'), '--data', fork)
    await ok('certificate', '--data', fork, '--out', forked)
    await ok('init', '--data', other)
    await ok('keys', 'new', 'owner', '--data', mine)
    node = await served(['start', '--data', net])
    at = ['--node', node.url, '--keys', mine]
  })
  after(() => node.stop())

  test('a node that is behind the file says so, and a file of records that it lacks stays open', async () => {
    const part = join(folder, 'part.telltale')
    await ok('certificate', '--data', fork, '--stream', 'odometer', '--to', '5', '--out', part)
    const { verdict, output } = await run('verify', part, '--network', network, '--node', node.url)
    const offline = (await run('verify', part, '--network', network)).verdict
    assert.deepEqual([verdict, (JSON.parse(output) as Verified).node?.isNewer], [offline, false])
    const lacking = await run('verify', forked, '--network', network, '--node', node.url)
    assert.deepEqual([lacking.verdict, (JSON.parse(lacking.output) as Verified).node?.error?.code], [3, 'no-such-record'])
  })

  test('an owner whose keys lie elsewhere is admitted, enters a car, and its device signs', async () => {
    const asks = ['asset', 'enrol', '--vin', '4T1BF1FK7HU654321', ...at]
    const [, json = '', owner = ''] = /send admit '(.*)' --key authority --sub (tt1\w+)/.exec(await refuses('unknown-identity', ...asks))!
    await refuses('invalid-signature', 'send', 'admit', json.replace(/"hex":"(.)/, flipped), '--key', 'authority', '--sub', owner, '--node', node.url, '--keys', net)
    await ok('send', 'admit', json, '--key', 'authority', '--sub', owner, '--node', node.url, '--keys', net)
    const { asset } = await ok<{ asset: string }>(...asks)
    const { device } = await ok<{ device: string }>('device', 'enrol', '--streams', 'odometer', ...at)
    const imported = await ok<{ device: string; asset: string; network: string; streams: Record<string, { total: number }> }>('import', ...logArgs('short'), ...at)
    assert.deepEqual([imported.device, imported.asset, imported.network, imported.streams['odometer']?.total, imported.streams['driving']?.total], [device, asset, network, 6, 6])
    assert.equal((await ok<typeof imported>('import', ...logArgs('second'), ...at)).streams['odometer']?.total, 15)
    const { streams } = await ok<{ streams: { count: number }[] }>('device', 'show', '--node', node.url, '--device', device)
    assert.deepEqual(streams.map(({ count }) => count), [15, 15])
    const stated = JSON.parse(readFileSync(join(mine, 'network.json'), 'utf8')) as { network: string; assets: { id: string }[] }
    assert.deepEqual([stated.network, stated.assets[0]?.id], [network, asset])
  })

  test('what is sealed is opened here: read, exported, disclosed', async () => {
    const { devices } = JSON.parse(readFileSync(join(mine, 'network.json'), 'utf8')) as { devices: { address: string }[] }
    const device = ['--device', devices[0]!.address]
    const read = await run('device', 'read', '--stream', 'odometer', '--from', '0', '--to', '1', ...at)
    assert.match(read.output, /^\{.*"path":"Vehicle.TraveledDistance"/)
    const exported = await run('export', ...device, '--stream', 'odometer', ...at)
    assert.equal(exported.output.split('\n').length, 151)
    assert.equal((await run('export', ...device, '--stream', 'odometer', '--node', node.url)).output, '', 'without keys nothing is opened')
    const made = join(folder, 'mine.telltale')
    await ok('certificate', ...device, '--out', made, ...at)
    const { lamps, summary } = await ok<Verified>('verify', made, '--network', network, '--vin', '4T1BF1FK7HU654321')
    assert.deepEqual([summary === 'refuted', lamps['car']?.state], [false, 'holds'])
    await refuses('usage', 'certificate', ...device, '--out', made, '--node', node.url)
    await ok('certificate', ...device, '--out', made, '--node', node.url, '--disclose', 'none')
  })

  test('whoever was let read a stream reads it from a machine of their own, and no further', async () => {
    const theirs = join(folder, 'insurer')
    const there = ['--node', node.url, '--keys', theirs]
    const { address } = await ok<{ address: string }>('keys', 'new', 'insurer', '--data', theirs)
    const [, admit = ''] = /send admit '(.*)' --key authority/.exec(await refuses('unknown-identity', 'keys', 'seal', 'insurer', ...there))!
    await ok('send', 'admit', admit, '--key', 'authority', '--sub', address, '--node', node.url, '--keys', net)
    await ok('keys', 'seal', 'insurer', ...there)
    const { device } = await own()
    const read = ['device', 'read', '--device', device, '--stream', 'odometer', '--as', 'insurer', ...there]
    assert.match((await run(...read)).output, /^$/, 'nothing was granted yet')
    await ok('device', 'grant', '--stream', 'odometer', '--reader', address, '--from', '1', '--to', '3', ...at)
    const records = (await run(...read)).output.trim().split('\n').map((line) => (JSON.parse(line) as { record: number }).record)
    assert.deepEqual([...new Set(records)], [1, 2, 3])
    const { grants } = (await (await fetch(`${node.url}/v1/devices/${device}/grants`)).json()) as { grants: { reader: string; first: number; last: number; isHeld: boolean }[] }
    assert.deepEqual(grants.map(({ reader, first, last, isHeld }) => [reader, first, last, isHeld]), [[address, 1, 3, true]])
    assert.equal((await fetch(`${node.url}/v1/devices/${address}/grants`)).status, 200)
    assert.equal((await fetch(`${node.url}/v1/devices/tt1${'q'.repeat(38)}/grants`)).status, 404)
  })

  test('grants, revocations, corrections, keys and owners change there, and the device follows', async () => {
    await refuses('no-seal-key', 'device', 'grant', '--stream', 'odometer', '--reader', 'owner', ...at)
    await ok('keys', 'seal', 'owner', ...at)
    await ok('device', 'grant', '--stream', 'odometer', '--reader', 'owner', ...at)
    await ok('device', 'correct', '--stream', 'odometer', '--what', 'odometer-replaced', '--text', 'a new cluster', ...at)
    await refuses('no-such-grant', 'device', 'revoke', '--stream', 'driving', ...at)
    assert.equal((await ok<{ epoch: number }>('device', 'revoke', '--stream', 'odometer', ...at)).epoch, 1)
    assert.equal((await ok<{ keyNumber: number }>('keys', 'rotate', 'owner', ...at)).keyNumber, 1)
    await ok('import', ...logArgs('second'), '--again', ...at)
    const { address } = await ok<{ address: string }>('keys', 'new', 'buyer', '--data', mine)
    const [, admit = ''] = /send admit '(.*)' --key authority/.exec(await refuses('unknown-identity', 'asset', 'transfer', '--to', 'buyer', ...at))!
    await ok('send', 'admit', admit, '--key', 'authority', '--sub', address, '--node', node.url, '--keys', net)
    assert.equal((await ok<{ owner: string }>('asset', 'transfer', '--to', 'buyer', ...at)).owner, address)
    await ok('import', ...logArgs('second'), '--again', ...at)
    const { streams } = await ok<{ streams: { name: string; epoch: number; notes: number }[] }>('device', 'show', '--node', node.url, '--device', (await own()).device)
    assert.deepEqual(Object.fromEntries(streams.map(({ name, epoch, notes }) => [name, [epoch, notes]])), { driving: [1, 0], odometer: [2, 1] }, 'after the transfer each stream has a new epoch')
    await ok('device', 'resume', '--stream', 'driving', '--yes', ...at)
    await ok('device', 'retire', '--reason', 'sold', '--yes', ...at)
    await refuses('unknown-device', 'send', 'add-stream', '[{"address": "device"}, "late", null]', '--key', 'device', '--sub', (await own()).asset, ...at)
  })

  async function own(): Promise<{ device: string; asset: string }> {
    const { devices } = JSON.parse(readFileSync(join(mine, 'network.json'), 'utf8')) as { devices: { address: string; asset: string }[] }
    return { device: devices[0]!.address, asset: devices[0]!.asset }
  }

  /** Every command that takes --node and --keys, with the least that it asks for. */
  const SIGNING = [
    ['send', 'seal-key', '[0, {"hex": "00"}]', '--key', 'owner'],
    ['import', ...logArgs('short')],
    ['asset', 'enrol'],
    ['asset', 'transfer', '--to', 'owner'],
    ['device', 'enrol', '--streams', 'odometer', '--name', 'another'],
    ['device', 'grant', '--reader', 'owner'],
    ['device', 'revoke'],
    ['device', 'correct', '--what', 'note', '--text', 'text'],
    ['device', 'read'],
    ['device', 'resume', '--yes'],
    ['device', 'retire', '--reason', 'over', '--yes'],
    ['keys', 'seal', 'owner'],
    ['keys', 'rotate', 'owner'],
    ['export'],
    ['certificate', '--out', 'never'],
  ]
  const ASKING = [['status'], ['chain', 'show'], ['asset', 'list'], ['asset', 'show'], ['device', 'list'], ['device', 'show'], ['peers', 'list'], ['peers', 'graph'], ['peers', 'sync'], ['mine']]

  test('a data directory and a node are never both meant', async () => {
    for (const command of [...SIGNING, ...ASKING]) await refuses('usage', ...command, '--node', node.url, '--data', net)
    for (const command of SIGNING) await refuses('usage', ...command, '--data', net, '--keys', mine)
    await refuses('usage', 'verify', file, '--node', node.url, '--data', net)
  })

  test('keys sign for the network that they know, and for no other', async () => {
    const pin = join(folder, 'other.checkpoint')
    await ok('send', 'seal-key', '[0, {"hex": "0900000000000000000000000000000000000000000000000000000000000000"}]', '--key', 'authority', '--data', other)
    await ok('chain', 'show', '--out', pin, '--data', other)
    for (const command of SIGNING.slice(0, -2)) {
      await refuses('other-network', ...command, '--node', node.url, '--keys', other)
      await refuses('other-network', ...command, ...at, '--checkpoint', pin)
    }
    const own = join(folder, 'own.checkpoint')
    await ok('chain', 'show', '--node', node.url, '--out', own)
    assert.equal((await run('device', 'read', '--stream', 'odometer', '--to', '0', ...at, '--checkpoint', own)).exitCode, 0)
    const stale = join(folder, 'stale')
    cpSync(mine, stale, { recursive: true })
    const kept = JSON.parse(readFileSync(join(stale, 'network.json'), 'utf8')) as Record<string, unknown>
    const { set } = decodePin(readFileSync(pin))
    writeFileSync(join(stale, 'network.json'), JSON.stringify({ ...kept, authorities: bytesToHex(encode(setToCbor(set))) }))
    const seal = ['keys', 'seal', 'owner', '--node', node.url, '--keys', stale]
    assert.match(await refuses('set-mismatch', ...seal), /--checkpoint FILE/)
    await ok(...seal, '--checkpoint', own)
    cpSync(join(stale, 'keys'), join(mine, 'keys'), { recursive: true })
    await ok('keys', 'seal', 'owner', ...at)
    await refuses('malformed-checkpoint', 'keys', 'seal', 'owner', ...at, '--checkpoint', file)
    const nowhere = join(folder, 'nowhere')
    await refuses('key-file-not-found', 'send', 'suspend', '["reason"]', '--key', 'owner', '--node', node.url, '--keys', nowhere)
    assert.equal(existsSync(nowhere), false, 'what signs nothing leaves nothing behind')
    await refuses('keys-in-use', 'asset', 'enrol', '--node', node.url, '--keys', net)
  })

  test('where no node answers, and where something else does, a code says so', async () => {
    const { url: silent, server } = await listen(() => Promise.resolve({ status: 200, type: 'application/json', body: '{}' }))
    const { url: words, server: talker } = await listen(() => Promise.resolve({ status: 200, type: 'text/html', body: '<h1>Welcome</h1>' }))
    try {
      for (const command of [...SIGNING, ...ASKING]) {
        const keys = SIGNING.includes(command) ? ['--keys', mine] : []
        await refuses('unexpected-answer', ...command, '--node', silent, ...keys)
        await refuses('unexpected-answer', ...command, '--node', words, ...keys)
      }
    } finally {
      for (const one of [server, talker]) one.close()
    }
    for (const command of [...SIGNING, ...ASKING]) await refuses('node-unreachable', ...command, '--node', silent, ...(SIGNING.includes(command) ? ['--keys', mine] : []))
  })

  test('a node that lies is not believed', async () => {
    const seal = (url: string): string[] => ['keys', 'seal', 'owner', '--keys', mine, '--node', url]
    const lies: [code: string, change: (path: string, body: string) => string | null][] = [
      ['not-certified', (path, body) => (path.startsWith('/v1/transactions') ? body.replace(/,"receipt":"[^"]*"/, '') : null)],
      ['not-certified', (path, body) => (path === '/v1/transactions' ? body.replace(/(.)"\}\]\}$/, flipped) : null)],
      ['state-not-proved', (path, body) => (path.startsWith('/v1/state') ? body.replace(/"value":"(.)/, flipped) : null)],
      ['state-not-proved', (path, body) => (path.startsWith('/v1/state') ? body.replace(/"stateRoot":"(.)/, flipped) : null)],
    ]
    for (const [code, change] of lies) {
      const { url, server } = await between(node.url, change)
      await refuses(code, ...seal(url)).finally(() => server.close())
    }
    const { url, server } = await between(node.url, () => null)
    await ok(...seal(url)).finally(() => server.close())
  })

  test('verify asks a node what is newer, and only the file makes lamps green', async () => {
    const verify = async (path: string, url = node.url): Promise<[number, Verified]> => {
      const { verdict, output } = await run('verify', path, '--network', network, '--node', url)
      return [verdict!, JSON.parse(output) as Verified]
    }
    const offline = await ok<Verified>('verify', file, '--network', network)
    const [status, { node: nothing, ...same }] = await verify(file)
    assert.deepEqual([status, same], [0, offline])
    assert.deepEqual([nothing?.isNewer, nothing?.records, nothing?.notes, nothing?.ended], [true, [], [], []])
    await ok('device', 'correct', '--device', car, '--stream', 'odometer', '--what', 'odometer-replaced', '--text', 'new', '--key', 'owner', '--node', node.url, '--keys', net)
    await ok('device', 'retire', '--device', car, '--reason', 'over', '--yes', '--node', node.url, '--keys', net)
    const [later, found] = await verify(file)
    assert.deepEqual([later, found.lamps, found.node?.notes?.map(({ kind }) => kind), found.node?.ended?.map(({ address }) => address)], [0, offline.lamps, ['correction'], [car]])
    const words = await telltale(['verify', file, '--network', network, '--node', node.url])
    assert.match(words.out.replaceAll(/\s+/g, ' '), /goes on from where this file ends.* A correction since, on odometer, by tt1\w+: odometer-replaced\. .*may sign no longer/)
    assert.equal((await run('verify', forked, '--network', network)).verdict, 0, 'the other history holds by itself')
    const [refuted, contradiction] = await verify(forked)
    assert.deepEqual([refuted, contradiction.summary, contradiction.refusal?.code, contradiction.lamps['network']?.state], [1, 'refuted', 'other-history', 'refuted'])
    assert.equal((await run('verify', file, '--node', node.url)).verdict, 3, 'a node answers no question that the file leaves open')
  })

  test('a node that proves nothing leaves a question open, and takes nothing away', async () => {
    const consistency = (path: string, body: string): string | null => (path.startsWith('/v1/log/consistency') ? body.replace(/"path":\["(.)/, flipped) : null)
    const { url: liar, server } = await between(node.url, consistency)
    const { url: garbage, server: talker } = await listen(() => Promise.resolve({ status: 200, type: 'application/json', body: '{"network": 5}' }))
    try {
      for (const [code, url] of [['unexpected-answer', liar], ['unexpected-answer', garbage]] as const) {
        const { verdict, output } = await run('verify', file, '--network', network, '--node', url)
        const { summary, node: said } = JSON.parse(output) as Verified
        assert.deepEqual([verdict, summary, said?.error?.code], [3, 'holds', code])
      }
    } finally {
      for (const one of [server, talker]) one.close()
    }
    const { verdict, output } = await run('verify', file, '--network', network, '--node', liar)
    assert.deepEqual([verdict, (JSON.parse(output) as Verified).node?.error?.code], [3, 'node-unreachable'])
    const changed = join(folder, 'changed.telltale')
    const bytes = readFileSync(file)
    bytes[bytes.length - 100]! ^= 1
    writeFileSync(changed, bytes)
    const refuted = await run('verify', changed, '--network', network, '--node', node.url)
    assert.deepEqual([refuted.verdict, (JSON.parse(refuted.output) as Verified).node], [1, null], 'nobody is asked about a file that is refuted')
  })

  test('the page for those who run it lists every command that takes --node', () => {
    const [, section = ''] = /\n### With --node\n(.*?)\n### /s.exec(readFileSync(join(ROOT, 'docs/operation.md'), 'utf8'))!
    const named = (command: string[]): string => (['asset', 'device', 'keys', 'chain', 'peers'].includes(command[0]!) ? command.slice(0, 2).join(' ') : command[0]!)
    for (const command of [...SIGNING, ...ASKING, ['verify']]) assert.ok(section.includes(`\`${named(command)}\``), named(command))
  })

  test('commands that ask no node say where to run them', async () => {
    for (const [command, words] of [[['store', 'check'], /machine where they lie/], [['keys', 'list'], /Keys never leave/], [['device', 'forget'], /where both lie/], [['chain', 'export', 'x'], /init --join/], [['config', 'show'], /directory of this machine/]] as const) {
      const { status, document } = await telltaleJson<{ error: { code: string; message: string } }>([...command, '--node', node.url])
      assert.deepEqual([status, document.error.code], [2, 'directory-needed'])
      assert.match(document.error.message, words)
    }
  })

  test('where the node asks for a token, commands say how to get one, and take it', async () => {
    const password = join(folder, 'password')
    writeFileSync(password, 'a long enough password')
    process.env['TELLTALE_PASSWORD_FILE'] = password
    try {
      await ok('accounts', 'add', 'anna', '--role', 'admin', '--data', net)
    } finally {
      delete process.env['TELLTALE_PASSWORD_FILE']
    }
    const tokenOf = async (role: string): Promise<string> => {
      const path = join(folder, `${role}.token`)
      writeFileSync(path, (await ok<{ token: string }>('tokens', 'add', role, '--role', role, '--data', net)).token)
      return path
    }
    const [reader, operator] = [await tokenOf('reader'), await tokenOf('operator')]
    for (const command of [...SIGNING, ...ASKING.slice(1)]) {
      const said = await refuses('log-in-needed', ...command, '--node', node.url, ...(SIGNING.includes(command) ? ['--keys', mine] : []))
      assert.match(said, /telltale tokens add NAME .*--token-file or TELLTALE_TOKEN_FILE/)
    }
    const seal = ['keys', 'seal', 'owner', ...at, '--token-file']
    assert.match(await refuses('role-needed', ...seal, reader), /tokens add NAME --role operator/)
    await ok(...seal, operator)
    await ok('device', 'list', '--node', node.url, '--token-file', reader)
    const { verdict, output } = await run('verify', file, '--network', network, '--node', node.url)
    assert.deepEqual([verdict, (JSON.parse(output) as Verified).node?.error?.code], [3, 'log-in-needed'])
    assert.equal((await run('verify', file, '--network', network, '--node', node.url, '--token-file', reader)).verdict, 0)
  })
})
