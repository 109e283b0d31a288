import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { bytesToHex, encode, exactFromText, exactToText } from '@telltale/core'
import type { Exact, RecordReading } from '@telltale/core'
import type { DeviceProfile } from '@telltale/node'
import { findReadings, needlesOf } from './needles.ts'
import type { Found } from './needles.ts'
import { startCommand } from '../process.ts'
import type { Running } from '../process.ts'
import { recordTo } from './recorder.ts'
import type { Recorder } from './recorder.ts'
import { GATEWAY_KEY, admit, enrolled, openRemoteDevice, startGatewayFor, startNode, until, withFolder } from './rig.ts'
import type { EnrolledDevice } from './rig.ts'

const FIRST_MS = 1_555_555_555_123
/** Readings that turn up nowhere by themselves. */
const NUMBERS: [string, Exact, string][] = [
  ...[187_654_321, 187_655_432, 187_656_543, 187_657_654, 187_658_765].map((metres): [string, Exact, string] => ['Vehicle.TraveledDistance', metres, 'm']),
  ...['87.315279', '91.462833', '-13.774421', '102.918853', '64.203317'].map((text): [string, Exact, string] => ['Vehicle.Chassis.SteeringWheel.Angle', exactFromText(text), 'degrees']),
]
const TEXT = 'P0301 P0420 U0100'
const SOURCE = 'can:0x611:ODOMETER'

const SECRETS: (Exact | string)[] = [...NUMBERS.map(([, value]) => value), FIRST_MS, TEXT, SOURCE, 'Vehicle.TraveledDistance', 'Vehicle.Chassis.SteeringWheel.Angle', 'Vehicle.OBD.DTCList']

function readings(): RecordReading[] {
  const numbers = NUMBERS.map(([path, value, unit], i): RecordReading => ({ path, timeMs: FIRST_MS + 250 * i, value, unit, source: SOURCE }))
  return [...numbers, { path: 'Vehicle.OBD.DTCList', timeMs: FIRST_MS + 5000, value: TEXT, unit: null, source: SOURCE }]
}

/** Places where bytes of a journey lie, by name. */
type Place = 'from device to gateway' | 'from gateway to node' | 'files of the gateway' | 'files of the node' | 'answers of the node' | 'logs' | 'figures'
/** A gateway in the node sends it nothing that could be recorded. */
type Places = Partial<Record<Place, Buffer>>

interface JourneyOptions {
  isOpen: boolean
  /** Whether the gateway runs in the node. */
  isInNode: boolean
}

suite('what a gateway and a node see of a sealed stream', () => {
  test('the search finds a reading in every encoding, and nothing in random bytes', () => {
    const random = randomBytes(300_000)
    assert.deepEqual(findReadings(random, SECRETS), [])
    for (const secret of SECRETS) {
      const name = typeof secret === 'string' ? secret : exactToText(secret)
      for (const { encoding, bytes } of needlesOf(secret)) {
        const others = SECRETS.filter((other) => typeof other === typeof secret && other !== secret).flatMap((other) => needlesOf(other).filter((needle) => needle.encoding === encoding).map((needle) => needle.bytes))
        const haystack = Buffer.concat([random.subarray(0, 100), bytes, random.subarray(100, 110), ...others])
        // A short one counts only together with others.
        const sought = SECRETS.filter((other) => typeof other === typeof secret)
        assert.ok(findReadings(haystack, sought).some((found) => found.encoding === encoding && found.readings.includes(name)), `${name} as ${encoding}`)
      }
    }
    for (const encoding of ['text', 'UTF-16, big-endian', 'CBOR', 'CBOR mantissa', 'double, little-endian', 'float, big-endian, hexadecimal', 'integer of 32 bits, little-endian', 'text, base64']) {
      assert.ok(needlesOf(187_654_321).some((needle) => needle.encoding === encoding), encoding)
    }
  })

  for (const isInNode of [false, true]) {
    const where = isInNode ? 'the gateway in the node' : 'the gateway beside the node'
    test(`holds no reading: not sent, not stored, not logged, not counted, not answered; ${where}`, { timeout: 120_000 }, async () => {
      const places = await journey({ isOpen: false, isInNode })
      assert.equal(Object.keys(places).length, isInNode ? 6 : 7)
      for (const [place, bytes] of Object.entries(places)) {
        assert.ok(bytes.length > 100, `${place}: there is something to search`)
        assert.deepEqual(findReadings(bytes, SECRETS), [], place)
      }
    })

    test(`with sealing switched off the same search finds them on the way, in both stores and in the answers, and still not in logs and figures; ${where}`, { timeout: 120_000 }, async () => {
      const places = await journey({ isOpen: true, isInNode })
      const found = (place: Place): Found[] => findReadings(places[place] ?? Buffer.alloc(0), SECRETS)
      const open: Place[] = ['from device to gateway', 'files of the gateway', 'files of the node', 'answers of the node']
      for (const place of isInNode ? open : [...open, 'from gateway to node' as const]) {
        const encodings = found(place)
        const all = new Set(encodings.flatMap((one) => one.readings))
        for (const secret of SECRETS) if (secret !== FIRST_MS) assert.ok(all.has(typeof secret === 'string' ? secret : exactToText(secret)), `${place}: ${typeof secret === 'string' ? secret : exactToText(secret)} in ${JSON.stringify(encodings)}`)
      }
      assert.deepEqual([found('logs'), found('figures')], [[], []])
    })
  }
})

/** A device sends its readings through a gateway to a node; then everything that was sent, written and answered is collected. */
async function journey({ isOpen, isInNode }: JourneyOptions): Promise<Places> {
  return withFolder(async (folder) => {
    const node = join(folder, 'node')
    const directories = { node, gateway: join(isInNode ? node : folder, 'gateway') }
    const device = await prepare(directories, { isOpen, isInNode })
    const running: Running[] = []
    const lines: Recorder[] = []
    try {
      const { nodeUrl, gatewayUrl, toGateway, toNode } = await (isInNode ? startOne : startTwo)(directories, running, lines)
      await sendReadings(device, join(folder, 'device'), toGateway.url)
      await until('the gateway is done', async () => {
        const health = (await (await fetch(`${gatewayUrl}/health`)).json()) as { waitingRecords: number; unstatedRecords: number }
        return health.waitingRecords + health.unstatedRecords === 0
      })
      const figures = Buffer.concat(await Promise.all([nodeUrl, gatewayUrl].map((url) => bytesAt(`${url}/metrics`))))
      const answers = await everyAnswer(nodeUrl, device)
      const processes = running.splice(0)
      for (const one of processes) assert.equal(await one.interrupt(), 0)
      return {
        'from device to gateway': toGateway.line.bytes(),
        ...(toNode ? { 'from gateway to node': toNode.bytes() } : {}),
        'files of the gateway': await everyFile(directories.gateway),
        'files of the node': await everyFile(node),
        'answers of the node': answers,
        logs: Buffer.from(processes.map((one) => one.output()).join('')),
        figures,
      }
    } finally {
      for (const one of running) await one.interrupt()
      for (const line of lines) line.close()
    }
  })
}

interface Directories {
  node: string
  gateway: string
}

interface Started {
  nodeUrl: string
  gatewayUrl: string
  /** Where the device sends to, and the line that lies between. */
  toGateway: { url: string; line: Recorder }
  toNode: Recorder | null
}

/** Each in a process of its own, with a recorded line between them. */
async function startTwo(directories: Directories, running: Running[], lines: Recorder[]): Promise<Started> {
  const node = await startCommand(['start', '--data', directories.node, '--listen', '127.0.0.1:0', '--log-level', 'debug'])
  running.push(node)
  const toNode = await recordTo(node.document.url)
  lines.push(toNode)
  const gateway = await startCommand(['gateway', '--data', directories.gateway, '--upstream', toNode.url, '--listen', '127.0.0.1:0', '--statement-seconds', '0', '--log-level', 'debug'])
  running.unshift(gateway)
  const line = await recordTo(gateway.document.url)
  lines.push(line)
  return { nodeUrl: node.document.url, gatewayUrl: gateway.document.url, toGateway: { url: line.url, line }, toNode }
}

async function startOne({ node }: Directories, running: Running[], lines: Recorder[]): Promise<Started> {
  const both = await startCommand(['start', '--data', node, '--listen', '127.0.0.1:0', '--gateway', GATEWAY_KEY, '--statement-seconds', '1', '--log-level', 'debug'])
  running.push(both)
  const { url } = both.document
  const line = await recordTo(url)
  lines.push(line)
  return { nodeUrl: url, gatewayUrl: `${url}/gateway`, toGateway: { url: `${line.url}/gateway`, line }, toNode: null }
}

async function prepare(directories: Directories, { isOpen, isInNode }: JourneyOptions): Promise<EnrolledDevice> {
  const node = await startNode(directories.node, ['device'], { isOpen, isGateway: isInNode })
  const device = await enrolled(node.home, node.devices[0] as DeviceProfile)
  if (!isInNode) {
    const gateway = await startGatewayFor(node.service.url, directories.gateway)
    await admit(node.home, gateway)
    await gateway.stop()
  }
  await node.stop()
  return device
}

async function sendReadings(device: EnrolledDevice, folder: string, url: string): Promise<void> {
  const remote = await openRemoteDevice(device, folder, { url, kind: 'gateway' })
  for (let i = 0; i < 3; i++) await remote.record('odometer', 0, readings())
  await remote.flush()
}

async function bytesAt(url: string, init: RequestInit = {}): Promise<Buffer> {
  const response = await fetch(url, init)
  assert.ok(response.ok, `${url}: ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}

interface Records {
  records: { id: string; body: { sha256: string } }[]
}

/** What every route of the node's description answers about this journey. */
async function everyAnswer(url: string, { profile: { address, asset } }: EnrolledDevice): Promise<Buffer> {
  const stream = `${address}/odometer`
  const { records } = JSON.parse((await bytesAt(`${url}/v1/streams/${stream}/records`)).toString()) as Records
  assert.equal(records.length, 3)
  const { id, body } = records[0] as Records['records'][0]
  const key = bytesToHex(encode([3, address, 'odometer']))
  const parts: Record<string, string> = { '{height}': '5', '{id}': id, '{key}': key, '{address}': address, '{asset}': asset, '{device}': address, '{name}': 'odometer', '{sha256}': body.sha256, '{proposal}': 'none' }
  const { checkpoint } = JSON.parse((await bytesAt(`${url}/v1/checkpoint`)).toString()) as { checkpoint: { setHash: string } }
  const queries: Record<string, string> = { '/v1/log/inclusion': '?index=0', '/v1/log/consistency': '?from=1', '/v1/checkpoint/links': `?set=${checkpoint.setHash}` }
  const { paths } = JSON.parse((await bytesAt(`${url}/openapi.json`)).toString()) as { paths: Record<string, Record<string, unknown>> }
  const answers: Buffer[] = []
  for (const [path, methods] of Object.entries(paths)) {
    const filled = Object.entries(parts).reduce((text, [name, part]) => text.replace(name, part), path)
    assert.doesNotMatch(filled, /[{}]/, 'a route that this test does not know: say what to ask it')
    // The desk is the owner's, with the keys of this machine: whoever has not signed in there is told nothing.
    if (path === '/v1/desk') assert.equal((await fetch(url + path)).status, 401)
    if (path.startsWith('/v1/desk')) continue
    // A node that is alone asks for no work, has no peers to ask, and nobody proposed anything.
    if (['/v1/work', '/v1/peers/sync', '/v1/proposals/{proposal}'].includes(path)) continue
    if (path === '/v1/events') answers.push(await eventsAt(`${url}${path}?cursor=0`))
    else if ('get' in methods) answers.push(await bytesAt(`${url}${filled}${queries[path] ?? ''}`))
    else if (path === '/v1/certificates') answers.push(await bytesAt(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ asset, streams: [{ stream }] }) }))
    else assert.equal(path, '/v1/transactions', 'a route that this test does not know')
  }
  assert.ok(answers.length >= 20, `${answers.length} routes`)
  return Buffer.concat(answers)
}

/** The events so far. */
async function eventsAt(url: string): Promise<Buffer> {
  const leaving = new AbortController()
  const pieces: Buffer[] = []
  const timer = setTimeout(() => leaving.abort(), 500)
  try {
    for await (const piece of (await fetch(url, { signal: leaving.signal })).body ?? []) pieces.push(Buffer.from(piece))
  } catch (error) {
    // The stream never ends by itself.
    assert.equal((error as Error).name, 'AbortError')
  } finally {
    clearTimeout(timer)
  }
  assert.match(Buffer.concat(pieces).toString(), /event: record/)
  return Buffer.concat(pieces)
}

async function everyFile(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Buffer.concat(await Promise.all(files.map((file) => readFile(file))))
}
