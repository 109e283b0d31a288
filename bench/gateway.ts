import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, bytesToHex, decodeTransaction, encodeSubmissions, transactionId } from '@telltale/core'
import type { Submission } from '@telltale/core'
import { createNodePrimitives, createWorkerVerifier } from '@telltale/node'
import { silentLog, startGateway } from '@telltale/node/service'
import type { GatewayService } from '@telltale/node/service'
import { serveNetwork } from './api.ts'
import { measureCeiling, measureCost } from './ceiling.ts'
import { createNetwork, signRecords } from './network.ts'
import { at } from './report.ts'
import type { Figure } from './report.ts'

const DEVICES = 100
const PER_POST = 100
const NO_LIMIT = 1_000_000
const PRIMITIVES = createNodePrimitives()

/** From the moment a record is sent to a gateway to its receipt there, and records per second through it; devices, gateway and node in one process. */
export async function benchGateway(count: number): Promise<Figure[]> {
  const verifier = createWorkerVerifier(PRIMITIVES)
  const network = await createNetwork({ primitives: PRIMITIVES, verifier, deviceCount: DEVICES, algorithm: 'EdDSA' })
  const api = await serveNetwork(network, PRIMITIVES)
  const folder = await mkdtemp(join(tmpdir(), 'telltale-bench-gateway-'))
  const gateway = await startGateway({
    directory: folder,
    password: undefined,
    upstream: { url: `http://127.0.0.1:${api.port}`, token: null },
    listen: '127.0.0.1:0',
    isUsualPort: false,
    tls: null,
    isBehindProxy: false,
    checkpoint: null,
    limits: { requestsPerSecond: NO_LIMIT, lookupsAtOnce: NO_LIMIT, deviceRecordsPerSecond: NO_LIMIT, deviceRecordsAtOnce: NO_LIMIT },
    statementDelayMs: 3_600_000,
    log: silentLog(),
    onFailure: ({ message }) => console.error(message),
  })
  try {
    const submissions = await signRecords(network, Math.ceil(count / DEVICES), 250, PRIMITIVES)
    const single = submissions.splice(0, 3 * DEVICES)
    const figures = await latency(gateway, single)
    const before = await measureCeiling('EdDSA', PRIMITIVES)
    const cost = await measureCost(submissions.length, () => passOn(gateway, submissions))
    const after = await measureCeiling('EdDSA', PRIMITIVES)
    const name = `gateway: records by ${PER_POST} a POST, to receipt`
    return [
      ...figures,
      { name, value: 1 / cost.seconds, unit: '/s', ratio: (before.seconds + after.seconds) / 2 / cost.seconds },
      { name: `${name}, of all cores`, value: 1 / cost.cpuSeconds, unit: '/s', ratio: (before.cpuSeconds + after.cpuSeconds) / 2 / cost.cpuSeconds },
    ]
  } finally {
    await gateway.stop()
    await api.close()
    await network.close()
    await verifier.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function latency(gateway: GatewayService, submissions: Submission[]): Promise<Figure[]> {
  const takenMs: number[] = []
  const certifiedMs: number[] = []
  for (const submission of submissions) {
    const startedMs = performance.now()
    await send(gateway.url, [submission])
    takenMs.push(performance.now() - startedMs)
    const answer = (await (await fetch(`${gateway.url}/v1/records?ids=${idOf(submission)}&waitMs=10000`)).json()) as { results: { status: string }[] }
    certifiedMs.push(performance.now() - startedMs)
    assert(answer.results[0]?.status === 'certified', 'the record is certified')
  }
  const [taken, certified] = [takenMs, certifiedMs].map((times) => times.slice(DEVICES).sort((a, b) => a - b)) as [number[], number[]]
  return [
    { name: 'gateway: one record, sent to durable there, p50', value: at(taken, 0.5), unit: 'ms' },
    { name: 'gateway: one record, sent to receipt, p50', value: at(certified, 0.5), unit: 'ms' },
    { name: 'gateway: one record, sent to receipt, p99', value: at(certified, 0.99), unit: 'ms' },
  ]
}

/** Sends everything; done when the last has its receipt. */
async function passOn({ url, gateway }: GatewayService, submissions: Submission[]): Promise<void> {
  for (let at = 0; at < submissions.length; at += PER_POST) await send(url, submissions.slice(at, at + PER_POST))
  await gateway.settled(submissions.map(idOf), 600_000)
  assert(gateway.health.waitingRecords === 0, 'everything is certified')
}

async function send(url: string, submissions: Submission[]): Promise<void> {
  const { status } = await fetch(`${url}/v1/records`, { method: 'POST', headers: { 'content-type': 'application/cbor' }, body: encodeSubmissions(submissions) as Uint8Array<ArrayBuffer> })
  assert(status === 202, `the gateway takes records, and answered ${status}`)
}

function idOf({ bytes }: Submission): string {
  return bytesToHex(transactionId(decodeTransaction(bytes), PRIMITIVES))
}
