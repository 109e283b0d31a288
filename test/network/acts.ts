import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import type { SeededRandom } from '@telltale/testing'
import { runCommand } from '../process.ts'
import type { Load } from './load.ts'
import { requireNoEvidence, requireOneHistory } from './one-history.ts'
import type { Cut } from './relay.ts'
import type { RelayedNetwork, RelayedNode } from './relayed-nodes.ts'
import type { Watch } from './watch.ts'

/** A network that things are done to. */
export interface Scene {
  network: RelayedNetwork
  random: SeededRandom
  load: Load
  watch: Watch
  /** For backups and copies. */
  folder: string
}

/** What was done, and how long it took until all was well again. */
export interface Deed {
  name: string
  /** The longest time without a new final block on the nodes that nothing was done to. */
  stillMs: number
  /** How long it took to put it right: to start processes, for instance. */
  endMs: number
  /** From then on until every node has a block final that none had then. */
  backMs: number
}

/** What is done to some nodes, and how it is put right: between them the others go on, or stand still, under load. */
export interface Fault {
  name: string
  to: RelayedNode[]
  begin(): Promise<void> | void
  /** While it lasts. */
  during(): Promise<void>
  end(): Promise<void> | void
}

let checkedHeight = 0

/** Does it under load, puts it right, waits until all go on by themselves, and holds every node against every other. */
export async function act({ network, load, watch }: Scene, { name, to, begin, during, end }: Fault): Promise<Deed> {
  const { nodes } = network
  const others = nodes.filter((node) => !to.includes(node))
  load.through(others.length > 0 ? others : nodes)
  await watch.above(nodes, watch.finalHeight(nodes), performance.now())
  const beginMs = performance.now()
  await begin()
  await during()
  const endingMs = performance.now()
  await end()
  const endedMs = performance.now()
  const height = watch.finalHeight(nodes)
  load.through(nodes)
  const backMs = await watch.above(nodes, height, endedMs)
  const stillMs = watch.stillMs(others.length > 0 ? others : nodes, beginMs)
  await load.rest()
  const held = await requireOneHistory(nodes, load.certified)
  await requireNoEvidence(nodes[0]!, checkedHeight + 1, held.height)
  checkedHeight = held.height
  const endMs = endedMs - endingMs
  console.log(`${name}: without a new final block ${seconds(stillMs)}, put right in ${seconds(endMs)}, then back after ${seconds(backMs)}; ${load.certified.size} of ${load.sent} acknowledged, one history to block ${held.height}`)
  return { name, stillMs, endMs, backMs }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

export function killed(scene: Scene, nodes: RelayedNode[], forMs: number): Fault {
  return {
    name: `kill -9 ${namesOf(nodes)}`,
    to: nodes,
    begin: async () => void (await Promise.all(nodes.map((node) => node.kill()))),
    during: async () => wait(forMs),
    end: async () => void (await Promise.all(nodes.map((node) => node.start()))),
  }
}

/** More authorities are killed than the network can do without: it stands still, says who is missing, and goes on when they are back. */
export function tooFew(scene: Scene, nodes: RelayedNode[], forMs: number): Fault {
  const witness = scene.network.nodes.find((node) => !nodes.includes(node)) as RelayedNode
  const { name, ...fault } = killed(scene, nodes, forMs)
  return {
    name: `${name} for ${seconds(forMs)}`,
    ...fault,
    async during() {
      await wait(forMs)
      await requireMissing(witness, nodes)
    },
  }
}

export function restarted(node: RelayedNode): Fault {
  return { name: `stop and start ${node.name}`, to: [node], begin: async () => assert.equal(await node.stop(), 0), during: async () => undefined, end: async () => node.start() }
}

export function paused(node: RelayedNode, forMs: number): Fault {
  const signal = (name: 'SIGSTOP' | 'SIGCONT'): void => void process.kill(node.running!.pid, name)
  return { name: `pause ${node.name} for ${seconds(forMs)}`, to: [node], begin: () => signal('SIGSTOP'), during: async () => wait(forMs), end: () => signal('SIGCONT') }
}

export function cutOff({ network }: Scene, node: RelayedNode, how: Cut, forMs: number): Fault {
  return { name: `cut off ${node.name} (${how}) for ${seconds(forMs)}`, to: [node], begin: () => network.cut([node], how), during: async () => wait(forMs), end: () => network.heal() }
}

/** Two and two authorities, each with a part of the members: neither half makes anything final, and both say who is missing. */
export function split({ network, load }: Scene, how: Cut, forMs: number): Fault {
  const { nodes } = network
  const half = nodes.filter((_, i) => i % 2 === 0)
  const rest = nodes.filter((node) => !half.includes(node))
  return {
    name: `split in halves (${how}) for ${seconds(forMs)}`,
    to: nodes,
    begin: () => network.cut(half, how),
    async during() {
      const endMs = performance.now() + forMs
      load.through(nodes)
      // Nobody counts as away before its heartbeats have stayed away.
      await wait(forMs * 0.75)
      await requireMissing(half[0]!, rest.filter(isAuthority))
      await requireMissing(rest[0]!, half.filter(isAuthority))
      await wait(endMs - performance.now())
    },
    end: () => network.heal(),
  }
}

/** `telltale status` of a node says that it does not go on, and names those that are missing. */
async function requireMissing({ url, name }: RelayedNode, missing: RelayedNode[]): Promise<void> {
  const { document } = await runCommand<{ stalled: { missing: { address: string }[]; help: string } | null }>(['status', '--node', url])
  assert.deepEqual(document.stalled?.missing.map(({ address }) => address).sort(), missing.map(({ address }) => address).sort(), `${name} says: ${JSON.stringify(document.stalled)}`)
}

function isAuthority({ role }: RelayedNode): boolean {
  return role === 'authority'
}

function namesOf(nodes: RelayedNode[]): string {
  return nodes.length > 2 ? 'of all' : nodes.map(({ name }) => name).join(' and ')
}
