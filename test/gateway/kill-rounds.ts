import assert from 'node:assert/strict'
import { join } from 'node:path'
import { bytesToHex, decodeTransaction, portable, transactionId } from '@telltale/core'
import { openHome } from '@telltale/node'
import type { Home } from '@telltale/node'
import { createSeededRandom } from '@telltale/testing'
import type { SeededRandom } from '@telltale/testing'
import { sendLoad } from './load.ts'
import type { Acknowledged, LoadDevice } from './load.ts'
import { freePort, startCommand } from '../process.ts'
import type { Running } from '../process.ts'
import { admit, startGatewayFor, startNode, until, withFolder } from './rig.ts'

const DEVICES = ['first', 'second', 'third']
const DELAY_MS_MAX = 700
const ROUNDS_BETWEEN_CHECKS = 25
const LOAD_MS_MAX = 30_000
const DRAIN_MS_MAX = 60_000

export interface KillReport {
  kills: { node: number; gateway: number }
  acknowledged: number
  statements: number
}

interface Places {
  node: string
  gateway: string
  nodePort: number
  gatewayPort: number
}

/**
 * Kills a node and its gateway at random moments under load, `rounds` times, one of the two or both. In the end everything that the gateway acknowledged is in the
 * ledger once, in unbroken streams, and is stated by the gateway once.
 */
export async function gatewayKillRounds(rounds: number, seed: number, say: (line: string) => void = () => undefined): Promise<KillReport> {
  return withFolder(async (folder) => {
    const random = createSeededRandom(seed)
    const places: Places = { node: join(folder, 'node'), gateway: join(folder, 'gateway'), nodePort: await freePort(), gatewayPort: await freePort() }
    const { devices, gatewayAddress } = await prepare(places)
    const story: Story = { places, devices, acknowledged: { records: new Map(), receipts: new Map() }, random, kills: { node: 0, gateway: 0 }, say }
    let statements = 0
    for (let done = 0; done < rounds; done += ROUNDS_BETWEEN_CHECKS) {
      await killUnderLoad(story, Math.min(ROUNDS_BETWEEN_CHECKS, rounds - done))
      statements = await verify(places.node, story.acknowledged, gatewayAddress)
      say(`held: ${countOf(story.acknowledged)} acknowledged, ${statements} statements`)
    }
    return { kills: story.kills, acknowledged: countOf(story.acknowledged), statements }
  })
}

interface Story {
  places: Places
  devices: LoadDevice[]
  acknowledged: Acknowledged
  random: SeededRandom
  kills: KillReport['kills']
  say(line: string): void
}

/** Starts both, kills them while devices send, and stops them when everything that was acknowledged has its outcome. */
async function killUnderLoad({ places, devices, acknowledged, random, kills, say }: Story, rounds: number): Promise<void> {
  const running = { node: await startTheNode(places), gateway: await startTheGateway(places) }
  const loading = new AbortController()
  const load = sendLoad(running.gateway.document.url, devices, acknowledged, loading.signal)
  try {
    for (let round = 0; round < rounds; round++) {
      // Only what is under load can lose something.
      const before = countOf(acknowledged)
      await until('the load goes on', () => countOf(acknowledged) > before, LOAD_MS_MAX)
      await new Promise((resolve) => setTimeout(resolve, random.below(DELAY_MS_MAX)))
      await killSome(running, places, random, kills)
      say(`${kills.node} kills of the node, ${kills.gateway} of the gateway: ${countOf(acknowledged)} acknowledged`)
    }
    loading.abort()
    await load
    await drained(running.gateway)
  } finally {
    loading.abort()
    assert.equal(await running.gateway.interrupt(), 0, `the gateway stops cleanly: ${running.gateway.output()}`)
    await running.node.interrupt()
  }
}

function countOf({ records }: Acknowledged): number {
  return [...records.values()].reduce((sum, ids) => sum + ids.length, 0)
}

/** A network with devices, and a gateway that is admitted. */
async function prepare({ node: directory, gateway: gatewayDirectory }: Places): Promise<{ devices: LoadDevice[]; gatewayAddress: string }> {
  const node = await startNode(directory, DEVICES)
  const gateway = await startGatewayFor(node.service.url, gatewayDirectory)
  await admit(node.home, gateway)
  await gateway.stop()
  const devices: LoadDevice[] = []
  for (const { address, key } of node.devices) devices.push({ address, signer: (await node.home.wallet.open(key)).signer, network: node.home.ledger.network })
  await node.stop()
  return { devices, gatewayAddress: gateway.address }
}

function startTheNode({ node, nodePort }: Places): Promise<Running> {
  return startCommand(['start', '--data', node, '--listen', `127.0.0.1:${nodePort}`, '--log-level', 'error'])
}

function startTheGateway({ gateway, nodePort, gatewayPort }: Places): Promise<Running> {
  return startCommand(['gateway', '--data', gateway, '--upstream', `http://127.0.0.1:${nodePort}`, '--listen', `127.0.0.1:${gatewayPort}`, '--statement-seconds', '1', '--log-level', 'error'])
}

async function killSome(running: { node: Running; gateway: Running }, places: Places, random: SeededRandom, kills: KillReport['kills']): Promise<void> {
  const victim = random.below(3)
  const starts: Promise<void>[] = []
  if (victim !== 0) {
    kills.node += 1
    await running.node.kill()
    starts.push(startTheNode(places).then((node) => void (running.node = node)))
  }
  if (victim !== 1) {
    kills.gateway += 1
    await running.gateway.kill()
    starts.push(startTheGateway(places).then((gateway) => void (running.gateway = gateway)))
  }
  await Promise.all(starts)
}

/** Everything that the gateway took has its outcome and is stated. */
async function drained({ document: { url } }: Running): Promise<void> {
  let last = ''
  const isDone = async (): Promise<boolean> => {
    const health = (await (await fetch(`${url}/health`)).json()) as { waitingRecords: number; unstatedRecords: number }
    last = JSON.stringify(health)
    return health.waitingRecords === 0 && health.unstatedRecords === 0
  }
  await until('everything is certified and stated', isDone, DRAIN_MS_MAX).catch((error: unknown) => assert.fail(`${String(error)}: ${last}`))
}

async function verify(directory: string, { records, receipts }: Acknowledged, gatewayAddress: string): Promise<number> {
  const home = await openHome({ directory, password: undefined })
  try {
    const log = await readLog(home)
    for (const [device, ids] of records) {
      const found = log.filter(({ iss, sub }) => iss === device && sub === 'odometer')
      assert.deepEqual(found.map(({ id }) => id), ids, `the stream of ${device} is what was acknowledged, in its order, each record once`)
      found.forEach(({ previous }, i) => assert.equal(previous, i === 0 ? '0'.repeat(64) : ids[i - 1]))
    }
    for (const [id, index] of receipts) assert.equal(log[index]?.id, id, 'a record stands where its receipt says')
    const statements = log.filter(({ iss, call }) => iss === gatewayAddress && call === 20)
    const stated = statements.flatMap(({ names }) => names).sort()
    assert.deepEqual(stated, [...records.values()].flat().sort(), 'each record is stated once')
    return statements.length
  } finally {
    await home.close()
  }
}

interface Logged {
  id: string
  iss: string
  sub: string
  call: number
  previous: string
  names: string[]
}

async function readLog(home: Home): Promise<Logged[]> {
  const log: Logged[] = []
  for (let index = 0; index < home.ledger.position.log.size; index++) {
    const transaction = decodeTransaction((await home.reader.transaction(index)).bytes)
    const { iss, sub, call, args } = transaction
    const [first] = args
    log.push({ id: bytesToHex(transactionId(transaction, portable)), iss, sub, call, previous: first instanceof Uint8Array ? bytesToHex(first) : '', names: call === 20 ? (first as Uint8Array[]).map(bytesToHex) : [] })
  }
  return log
}
