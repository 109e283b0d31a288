import assert from 'node:assert/strict'
import { join } from 'node:path'
import { bytesToHex, decodeTransaction, portable, transactionId } from '@telltale/core'
import { openHome } from '@telltale/node'
import type { Home } from '@telltale/node'
import { createSeededRandom } from '@telltale/testing'
import type { SeededRandom } from '@telltale/testing'
import { sendLoad } from './load.ts'
import type { Acknowledged, LoadDevice } from './load.ts'
import { createOneProcess, createTwoProcesses } from './kill-processes.ts'
import type { Kills, Processes } from './kill-processes.ts'
import { admit, startGatewayFor, startNode, until, withFolder } from './rig.ts'
import type { Node } from './rig.ts'

const DEVICES = ['first', 'second', 'third']
const DELAY_MS_MAX = 700
const ROUNDS_BETWEEN_CHECKS = 25
const LOAD_MS_MAX = 30_000
const DRAIN_MS_MAX = 60_000

export interface KillReport {
  kills: Kills
  acknowledged: number
  statements: number
}

export interface KillOptions {
  rounds: number
  seed: number
  /** Whether the gateway runs in the node. */
  isInNode: boolean
  say?: (line: string) => void
}

/**
 * Kills a node and its gateway at random moments under load, `rounds` times, one of the two or both. In the end everything that the gateway acknowledged is in the
 * ledger once, in unbroken streams, and is stated by the gateway once.
 */
export async function gatewayKillRounds({ rounds, seed, isInNode, say = () => undefined }: KillOptions): Promise<KillReport> {
  return withFolder(async (folder) => {
    const random = createSeededRandom(seed)
    const places: Places = { node: join(folder, 'node'), gateway: join(folder, 'gateway') }
    const { devices, gatewayAddress } = await prepare(places, isInNode)
    const processes = await (isInNode ? createOneProcess : createTwoProcesses)({ ...places, random })
    const story: Story = { processes, devices, acknowledged: { records: new Map(), receipts: new Map() }, random, say }
    let statements = 0
    for (let done = 0; done < rounds; done += ROUNDS_BETWEEN_CHECKS) {
      await killUnderLoad(story, Math.min(ROUNDS_BETWEEN_CHECKS, rounds - done))
      statements = await verify(places.node, story.acknowledged, gatewayAddress)
      say(`held: ${countOf(story.acknowledged)} acknowledged, ${statements} statements`)
    }
    return { kills: processes.kills, acknowledged: countOf(story.acknowledged), statements }
  })
}

interface Places {
  node: string
  gateway: string
}

interface Story {
  processes: Processes
  devices: LoadDevice[]
  acknowledged: Acknowledged
  random: SeededRandom
  say(line: string): void
}

/** Starts both, kills them while devices send, and stops them when everything that was acknowledged has its outcome. */
async function killUnderLoad({ processes, devices, acknowledged, random, say }: Story, rounds: number): Promise<void> {
  await processes.start()
  const loading = new AbortController()
  const load = sendLoad(processes.url, devices, acknowledged, loading.signal)
  try {
    for (let round = 0; round < rounds; round++) {
      // Only what is under load can lose something.
      const before = countOf(acknowledged)
      await until('the load goes on', () => countOf(acknowledged) > before, LOAD_MS_MAX)
      await new Promise((resolve) => setTimeout(resolve, random.below(DELAY_MS_MAX)))
      await processes.killSome()
      say(`${processes.kills.node} kills of the node, ${processes.kills.gateway} of the gateway: ${countOf(acknowledged)} acknowledged`)
    }
    loading.abort()
    await load
    await drained(processes.url)
  } finally {
    loading.abort()
    await processes.stop()
  }
}

function countOf({ records }: Acknowledged): number {
  return [...records.values()].reduce((sum, ids) => sum + ids.length, 0)
}

/** A network with devices, and a gateway that is admitted. */
async function prepare({ node: directory, gateway: gatewayDirectory }: Places, isInNode: boolean): Promise<{ devices: LoadDevice[]; gatewayAddress: string }> {
  const node = await startNode(directory, DEVICES, { isGateway: isInNode })
  const gatewayAddress = node.service.gateway?.address ?? (await admitAlone(node, gatewayDirectory))
  const devices: LoadDevice[] = []
  for (const { address, key } of node.devices) devices.push({ address, signer: (await node.home.wallet.open(key)).signer, network: node.home.ledger.network })
  await node.stop()
  return { devices, gatewayAddress }
}

async function admitAlone({ service, home }: Node, directory: string): Promise<string> {
  const gateway = await startGatewayFor(service.url, directory)
  await admit(home, gateway)
  await gateway.stop()
  return gateway.address
}

/** Everything that the gateway took has its outcome and is stated. */
async function drained(url: string): Promise<void> {
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
