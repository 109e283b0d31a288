import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { bytesToHex, fail } from '@telltale/core'
import { initJointNetwork, requireNewDirectory } from '@telltale/node'

/** A node of a trial network: where its data lies and where it listens. */
export interface PlannedNode {
  name: string
  role: 'authority' | 'member'
  data: string
  port: number
  peerPort: number
}

/** `testnet.json` in a directory: which nodes a trial network has. */
export interface Plan {
  network: string
  nodes: PlannedNode[]
}

interface PlanInit {
  authorities: number
  members: number
  blockMs: number
  sealers: 'authorities' | 'anyone'
  workBits: number
  nowMs: number
}

const PLAN_FILE = 'testnet.json'

/** What a directory holds, or a new network of as many nodes (`malformed-testnet` and the codes of `initJointNetwork`). */
export async function openPlan(directory: string, init: PlanInit): Promise<Plan> {
  const path = join(directory, PLAN_FILE)
  if (existsSync(path)) return readPlan(path)
  await requireNewDirectory(directory)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const names = (role: PlannedNode['role'], count: number): Omit<PlannedNode, 'port' | 'peerPort'>[] => Array.from({ length: count }, (_, i) => ({ name: `${role}-${i + 1}`, role, data: join(directory, `${role}-${i + 1}`) }))
  const planned = [...names('authority', init.authorities), ...names('member', init.members)]
  const ports = await freePorts(planned.length * 2)
  const nodes = planned.map((node, i) => ({ ...node, port: ports[2 * i] as number, peerPort: ports[2 * i + 1] as number }))
  const dataOf = (role: PlannedNode['role']): string[] => nodes.filter((node) => node.role === role).map(({ data }) => data)
  const { network } = await initJointNetwork({ authorities: dataOf('authority'), members: dataOf('member'), algorithm: 'EdDSA', parameters: { name: 'trial', blockMs: init.blockMs, sealers: init.sealers, workBits: init.workBits }, nowMs: init.nowMs })
  const plan: Plan = { network: bytesToHex(network), nodes }
  await writeFile(path, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 })
  return plan
}

async function readPlan(path: string): Promise<Plan> {
  const text = await readFile(path, 'utf8')
  try {
    const plan = JSON.parse(text) as Plan
    if (typeof plan.network === 'string' && Array.isArray(plan.nodes) && plan.nodes.every(({ data, port, peerPort }) => typeof data === 'string' && Number.isInteger(port) && Number.isInteger(peerPort))) return plan
  } catch {
    // Refused below, like anything else that is no plan.
  }
  throw fail('malformed-testnet', `${path} does not say which nodes there are. Delete its directory and begin anew.`, { expected: 'a file that `telltale testnet` wrote', found: text.slice(0, 40) })
}

/** Ports that nobody listens at now; kept, so that the nodes have the same addresses the next time. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
