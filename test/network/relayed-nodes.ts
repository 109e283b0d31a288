import { join } from 'node:path'
import { initJointNetwork } from '@telltale/node'
import { freePort, startCommand } from '../process.ts'
import type { Running } from '../process.ts'
import { createRelay } from './relay.ts'
import type { Cut, Relay } from './relay.ts'

/** A node that reaches the others, and is reached by them, only through relays. */
export interface RelayedNode {
  readonly name: string
  readonly role: 'authority' | 'member'
  readonly address: string
  readonly url: string
  readonly data: string
  /** Null while no process of it runs. */
  readonly running: Running | null
  /** `telltale start`, with the same addresses each time. */
  start(): Promise<void>
  kill(): Promise<void>
  /** Stops it in order; answers with its exit code. */
  stop(): Promise<number | null>
}

export interface RelayedNetwork {
  id: Uint8Array
  nodes: RelayedNode[]
  /** Cuts every link between a node of the group and one outside it. */
  cut(group: RelayedNode[], how: Cut): void
  heal(): void
  close(): Promise<void>
}

/** Told to others, so that they dial nobody but through their own relays. */
const NOWHERE = '/ip4/127.0.0.1/tcp/1'
const NODE_STOP_MS = 15_000

/** Data directories of a new network below `folder`, one relay for each direction of each pair of nodes; nothing is started. */
export async function createRelayedNetwork(folder: string, { authorities, members, blockMs }: { authorities: number; members: number; blockMs: number }): Promise<RelayedNetwork> {
  const plan = (['authority', 'member'] as const).flatMap((role) => Array.from({ length: role === 'authority' ? authorities : members }, (_, i) => ({ role, name: `${role}-${i + 1}`, data: join(folder, `${role}-${i + 1}`) })))
  const dataOf = (role: string): string[] => plan.filter((node) => node.role === role).map(({ data }) => data)
  const made = await initJointNetwork({ authorities: dataOf('authority'), members: dataOf('member'), algorithm: 'EdDSA', parameters: { name: 'faults', blockMs }, nowMs: Date.now() })
  const addresses = [...made.authorities, ...made.members].map(({ address }) => address)
  const ports = await Promise.all(plan.map(async () => ({ http: await freePort(), peer: await freePort() })))
  const links: { from: number; to: number; relay: Relay }[] = []
  for (const from of plan.keys()) for (const to of plan.keys()) if (from !== to) links.push({ from, to, relay: await createRelay(ports[to]!.peer) })
  const nodes = plan.map(({ name, role, data }, i) => createRelayedNode({ name, role, data, address: addresses[i]!, ports: ports[i]!, peerPorts: links.filter(({ from }) => from === i).map(({ relay }) => relay.port) }))
  return {
    id: made.network,
    nodes,
    cut(group, how) {
      for (const { from, to, relay } of links) if (group.includes(nodes[from]!) !== group.includes(nodes[to]!)) relay.cut(how)
    },
    heal() {
      for (const { relay } of links) relay.heal()
    },
    async close() {
      await Promise.all(nodes.map((node) => node.stop()))
      await Promise.all(links.map(({ relay }) => relay.close()))
    },
  }
}

interface NodePlan extends Pick<RelayedNode, 'name' | 'role' | 'data' | 'address'> {
  ports: { http: number; peer: number }
  peerPorts: number[]
}

function createRelayedNode({ name, role, data, address, ports, peerPorts }: NodePlan): RelayedNode {
  const addressOf = (port: number): string => `/ip4/127.0.0.1/tcp/${port}`
  let running: Running | null = null
  let starting: Promise<void> = Promise.resolve()
  const launch = async (): Promise<void> => {
    running = await startCommand(['start', '--data', data, '--listen', `127.0.0.1:${ports.http}`, '--peer-listen', addressOf(ports.peer), '--peer-announce', NOWHERE, '--peers', peerPorts.map(addressOf).join(',')])
  }
  const end = async <T>(how: (one: Running) => Promise<T>, otherwise: T): Promise<T> => {
    await starting.catch(() => undefined)
    const one = running
    running = null
    return one ? how(one) : otherwise
  }
  return {
    name,
    role,
    address,
    data,
    url: `http://127.0.0.1:${ports.http}`,
    get running() {
      return running
    },
    start: () => (starting = launch()),
    kill: () => end((one) => one.kill(), undefined),
    stop: () =>
      end(async (one) => {
        const late = setTimeout(() => void one.kill(), NODE_STOP_MS)
        const code = await one.interrupt()
        clearTimeout(late)
        return code
      }, null),
  }
}
