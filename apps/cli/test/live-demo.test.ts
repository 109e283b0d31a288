import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, readFile, readdir, rm, symlink } from 'node:fs/promises'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { bytesToHex, decodeTransaction, hexToBytes, transactionId } from '@telltale/core'
import { LAMP_NAMES, verifyCertificate } from '@telltale/certificate'
import { createNodePrimitives, openHome } from '@telltale/node'
import { ROOT, done, refused, scratchFolder } from './command.ts'
import { served } from './served.ts'
import type { Served } from './served.ts'

interface Overview {
  isDemo: boolean
  assets: { asset: string; attributes: { vin?: string; name?: string } }[]
  devices: { device: string; asset: string; name: string; streams: string[] }[]
  readers: { name: string; address: string; hasSealKey: boolean }[]
}

interface Attempt {
  asked: { network: string; reading: string; vin: string }
  certificate: string | null
  finding: { code: string; message: string } | null
}

interface Grants {
  grants: { stream: string; readerName: string | null; from: number; to: number | null }[]
  standing: { stream: string; readerName: string | null }[]
}

interface Made {
  directory: string
  network: string
  hasPassword: boolean
  command: string
}

const primitives = createNodePrimitives()
const CALL_RELAY = 20

suite('the live demo', () => {
  const data = join(scratchFolder(), 'demo')
  let demo: Served
  let overview: Overview
  before(async () => {
    demo = await served(['demo', '--data', data, '--statement-seconds', '1'])
    overview = (await demo.desk<Overview>('')).answer
  })
  after(() => demo.child.kill('SIGKILL'))

  const countOf = async (stream: string): Promise<number> => ((await (await fetch(`${demo.url}/v1/streams/${stream}`)).json()) as { count: number }).count
  const streamOf = (name: string): string => overview.devices[0]?.streams.find((stream) => stream.endsWith(name)) as string

  /** Waits until the car has so many records, at most ten seconds. */
  const untilCount = async (stream: string, count: number): Promise<void> => {
    for (let i = 0; i < 100 && (await countOf(stream)) < count; i++) await wait(100)
    assert.ok((await countOf(stream)) >= count, `${stream} has ${count} records`)
  }

  test('nobody gets at the desk without the key of the link', async () => {
    assert.equal((await fetch(`${demo.url}/v1/desk`)).status, 401)
    assert.equal((await fetch(`${demo.url}/v1/desk`, { headers: { 'x-telltale-desk': 'x'.repeat(demo.key.length) } })).status, 401)
    assert.equal((await fetch(`${demo.url}/v1/desk/keys?stream=${streamOf('odometer')}&epoch=0&from=0&to=0`)).status, 401)
    const [answer] = (await once(get(`${demo.url}/v1/desk`, { headers: { 'x-telltale-desk': demo.key, host: 'evil.example' } }), 'response')) as [IncomingMessage]
    assert.equal(answer.statusCode, 421, 'a name of somebody else that leads here')
    assert.equal((await demo.desk('')).status, 200)
    assert.ok(overview.isDemo)
  })

  test('a car has a quarter of an hour behind it and goes on driving', async () => {
    await untilCount(streamOf('driving'), 60)
    const count = await countOf(streamOf('driving'))
    await untilCount(streamOf('driving'), count + 2)
  })

  test('every cheat is found out, and the honest file is not', async () => {
    await untilCount(streamOf('odometer'), 10)
    const { answer: list } = await demo.desk<{ cheats: { cheat: string }[] }>('/cheats')
    const red: Record<string, string> = {}
    for (const { cheat } of list.cheats) {
      const { status, answer } = await demo.desk<Attempt>('/cheats', { cheat })
      assert.equal(status, 200, cheat)
      if (answer.certificate === null) {
        red[cheat] = answer.finding?.code ?? ''
        continue
      }
      const question = { trust: { network: hexToBytes(answer.asked.network) }, reading: answer.asked.reading, vin: answer.asked.vin }
      const { lamps } = await verifyCertificate(new Uint8Array(Buffer.from(answer.certificate, 'base64')), question, primitives)
      red[cheat] = LAMP_NAMES.find((lamp) => lamps[lamp].state === 'refuted') ?? ''
    }
    const damage = red['stored-byte'] as string
    assert.match(damage, /damaged|frame|block/)
    assert.deepEqual(red, { dashboard: 'reading', 'rolled-back': 'complete', 'left-out': 'certified', 'flipped-byte': 'genuine', 'stored-byte': damage, 'own-ledger': 'network' })
    assert.deepEqual((await demo.desk('/cheats', { cheat: 'constructor' })).status, 404)
    const { asset } = overview.assets[0] as { asset: string }
    const response = await fetch(`${demo.url}/v1/desk/certificates`, { method: 'POST', headers: { 'x-telltale-desk': demo.key, 'content-type': 'application/json' }, body: JSON.stringify({ asset, disclose: 'all', withIdentity: true }) })
    const honest = await verifyCertificate(new Uint8Array(await response.arrayBuffer()), { trust: { network: hexToBytes(demo.network) } }, primitives)
    assert.equal(honest.summary, 'holds')
  })

  test('the owner shows a stream to an insurer, and ends it; two who end it at once end it once', async () => {
    const insurer = overview.readers.find(({ name }) => name === 'insurer')
    assert.ok(insurer?.hasSealKey)
    const stream = streamOf('odometer')
    const given = await demo.desk<Grants>('/grants', { stream, reader: insurer.address, from: 0, to: null, days: 30 })
    assert.equal(given.status, 200, JSON.stringify(given.answer))
    assert.deepEqual(given.answer.standing.map(({ readerName }) => readerName), ['insurer'])
    assert.equal((await demo.desk('/grants', { stream, reader: insurer.address, from: 0, to: null, days: 30 })).status, 409)
    assert.equal((await demo.desk('/grants', { stream, reader: overview.readers.find(({ name }) => name === 'owner')?.address, from: 0, to: null, days: 30 })).status, 409, 'no seal key')
    const ends = await Promise.all([demo.desk<Grants>('/revocations', { stream, reader: insurer.address }), demo.desk<Grants>('/revocations', { stream, reader: insurer.address })])
    assert.deepEqual(ends.map(({ status }) => status).sort((a, b) => a - b), [200, 409])
    const { answer } = await demo.desk<Grants>(`/grants?device=${overview.devices[0]?.device}`)
    assert.deepEqual(answer.standing, [])
    assert.ok(answer.grants.some(({ readerName, from }) => readerName === 'insurer' && from === 0))
  })

  test('a log that is dropped on the page becomes records of another car', async () => {
    const upload = async (name: string, content: Uint8Array): Promise<string> => {
      const response = await fetch(`${demo.url}/v1/desk/uploads?name=${encodeURIComponent(name)}`, { method: 'POST', headers: { 'x-telltale-desk': demo.key, 'content-type': 'application/octet-stream' }, body: content as Uint8Array<ArrayBuffer> })
      assert.equal(response.status, 200)
      return ((await response.json()) as { upload: string }).upload
    }
    const sample = async (name: string): Promise<Uint8Array> => new Uint8Array(await readFile(join(ROOT, 'samples', name)))
    const [log, dbc] = [await upload('drive.log', await sample('short-drive.log')), await upload('car.dbc', await sample('short-drive.dbc'))]
    const video = await demo.desk<{ code: string; detail: string }>('/imports', { log: await upload('film.mp4', new Uint8Array([0, 0, 0, 24, 102])), dbc, mapping: Buffer.from(await sample('short-drive.map.json')).toString() })
    assert.deepEqual([video.status, video.answer.code], [400, 'nothing-to-import'])
    assert.match(video.answer.detail, /film\.mp4/)
    const { answer: suggested } = await demo.desk<{ source: string; mapping: string; signals: { path: string }[] }>('/suggestions', { dbc })
    assert.equal(suggested.source, 'guessed')
    assert.ok(suggested.signals.some(({ path }) => path === 'Vehicle.Speed'))
    const before = await countOf(streamOf('odometer'))
    const response = await fetch(`${demo.url}/v1/desk/imports`, { method: 'POST', headers: { 'x-telltale-desk': demo.key, 'content-type': 'application/json' }, body: JSON.stringify({ log, dbc, mapping: suggested.mapping }) })
    const lines = (await response.text()).trim().split('\n').map((text) => JSON.parse(text) as { report?: { records: number; device: string }; problem?: unknown })
    const { report } = lines.at(-1) ?? {}
    assert.ok(report && report.records > 0, JSON.stringify(lines.at(-1)))
    assert.notEqual(report.device, overview.devices[0]?.device)
    assert.ok((await countOf(streamOf('odometer'))) <= before + 2, 'nothing of it reached the streams of the car')
    assert.equal((await demo.desk('/imports', { log: '0'.repeat(24) })).status, 404)
  })

  test('a network of its owner lies beside it and knows nothing of it', async () => {
    const made = await demo.desk<Made>('/networks', { name: 'North Rail', folder: 'north-rail' })
    assert.equal(made.status, 200, JSON.stringify(made.answer))
    const { directory, network, command, hasPassword } = made.answer
    assert.deepEqual([directory, command, hasPassword], [join(dirname(data), 'north-rail'), `npx telltale start --data ${join(dirname(data), 'north-rail')}`, false])
    const keysOf = async (place: string): Promise<string[]> => (await done<{ keys: { address: string | null }[] }>(['keys', 'list', '--data', place])).keys.map(({ address }) => String(address))
    const theirs = new Set(await keysOf(data))
    assert.deepEqual((await keysOf(directory)).map((address) => theirs.has(address)), [false], 'one new key, as `init` makes it')
    const own = await served(['start', '--data', directory])
    try {
      const { answer } = await own.desk<Overview & { name: string }>('')
      assert.deepEqual([own.network, answer.name, answer.isDemo, answer.assets, answer.devices, answer.readers], [network, 'North Rail', false, [], [], []])
      assert.notEqual(network, demo.network)
      assert.equal((await own.desk('/networks', { name: 'Another', folder: 'another' })).status, 404, 'only a demo offers it')
    } finally {
      assert.equal(await own.stop(), 0)
    }
    const behind = await demo.desk<Made>('/networks', { name: 'Behind a password', folder: 'behind', password: 'correct horse' })
    assert.deepEqual([behind.status, behind.answer.hasPassword], [200, true])
    await refused(['keys', 'rotate', 'authority', '--data', behind.answer.directory, '--yes'], { status: 2, code: 'password-required' })
  })

  test('a network of its owner is refused where it would lead elsewhere, be no secret, or touch what is there', async () => {
    assert.equal((await fetch(`${demo.url}/v1/desk/networks`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'X', folder: 'x' }) })).status, 401)
    const asked = await fetch(`${demo.url}/v1/desk/networks`, { method: 'OPTIONS', headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-telltale-desk' } })
    assert.equal(asked.headers.get('access-control-allow-origin'), null, 'no other page may send the key')
    await symlink(join(data, 'inside'), join(dirname(data), 'leads-inside'))
    const before = [await readdir(dirname(data)), await readdir(data)]
    const honest = { name: 'Honest', folder: 'honest' }
    const refusals: [change: Record<string, string>, status: number, code: string][] = [
      ...['../elsewhere', '..', '.', '', '.hidden', 'demo/inside', `${data}/inside`, String.raw`demo\inside`, 'a\0b', '-rf', 'x'.repeat(65)].map((folder): [Record<string, string>, number, string] => [{ folder }, 400, 'malformed-folder']),
      ...['demo', 'north-rail', 'leads-inside'].map((folder): [Record<string, string>, number, string] => [{ folder }, 409, 'folder-exists']),
      [{ name: ' ' }, 400, 'malformed-name'],
      [{ name: 'two\nlines' }, 400, 'malformed-name'],
      [{ name: 'x'.repeat(65) }, 400, 'malformed-name'],
      [{ password: 'shorter' }, 400, 'password-too-short'],
    ]
    for (const [change, status, code] of refusals) {
      const { status: found, answer } = await demo.desk<{ code: string }>('/networks', { ...honest, ...change })
      assert.deepEqual([found, answer.code], [status, code], JSON.stringify(change))
    }
    assert.deepEqual([await readdir(dirname(data)), await readdir(data)], before, 'nothing was made')
    const twice = await Promise.all([demo.desk<{ code?: string }>('/networks', honest), demo.desk<{ code?: string }>('/networks', honest)])
    assert.deepEqual(twice.map(({ status }) => status).sort((a, b) => a - b), [200, 409], 'two at once make one')
  })

  test('where nobody may write, no network is made', { skip: process.getuid?.() === 0 ? 'root may write anywhere' : false }, async () => {
    await chmod(dirname(data), 0o500)
    try {
      const { status, answer } = await demo.desk<{ code: string }>('/networks', { name: 'Nowhere', folder: 'nowhere' })
      assert.deepEqual([status, answer.code], [400, 'permission-denied'])
    } finally {
      await chmod(dirname(data), 0o700)
    }
  })

  test('Ctrl-C stops it cleanly, the gateway in it has stated what the car delivered, and it goes on where it stopped', async () => {
    const driving = await countOf(streamOf('driving'))
    assert.equal(await demo.stop(), 0)
    const { problems } = await done<{ problems: unknown[] }>(['store', 'check', '--data', data])
    assert.deepEqual(problems, [])
    const { records, stated } = await readLog(data, overview.devices[0]?.device as string)
    assert.ok(stated.length > 60, `${stated.length} records are stated`)
    assert.deepEqual(stated.filter((id) => !records.includes(id)), [], 'all of them records of the car')
    assert.equal(new Set(stated).size, stated.length, 'each once')
    // As a demo from before there was a gateway in it.
    await rm(join(data, 'keys', 'gateway.key'))
    await rm(join(data, 'gateway'), { recursive: true })
    demo = await served(['demo', '--data', data])
    assert.ok((await countOf(streamOf('driving'))) >= driving)
    await untilCount(streamOf('driving'), driving + 2)
    assert.equal(await demo.stop(), 0)
    assert.ok((await readdir(join(data, 'keys'))).includes('gateway.key'))
  })
})

/** Ids of a car's records, and of what gateways stated. */
async function readLog(directory: string, car: string): Promise<{ records: string[]; stated: string[] }> {
  const home = await openHome({ directory, password: undefined })
  try {
    const [records, stated]: [string[], string[]] = [[], []]
    for (let index = 0; index < home.ledger.position.log.size; index++) {
      const transaction = decodeTransaction((await home.reader.transaction(index)).bytes)
      if (transaction.iss === car) records.push(bytesToHex(transactionId(transaction, primitives)))
      if (transaction.call === CALL_RELAY) stated.push(...(transaction.args[0] as Uint8Array[]).map(bytesToHex))
    }
    return { records, stated }
  } finally {
    await home.close()
  }
}
