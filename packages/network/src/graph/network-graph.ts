import { UndirectedGraph } from 'graphology'
import { dijkstra } from 'graphology-shortest-path'
import { findCutPoints } from './cut-points.ts'

/** Who a node says it is connected to, and how long a message takes there. */
export type Reports = ReadonlyMap<string, readonly { peer: string; latencyMs: number }[]>

export interface GraphLink {
  from: string
  to: string
  latencyMs: number
}

/** The network as its nodes report it. Times are of messages on their way, without what nodes need to judge them. */
export interface NetworkGraph {
  nodes: string[]
  links: GraphLink[]
  /** Nodes that others name and that have not reported themselves: their other links are not known. */
  silent: string[]
  isConnected: boolean
  /** From one node to the farthest from it, for the two that are farthest apart; null where some cannot reach each other. */
  diameterMs: number | null
  /** Until a block reaches everybody, on average over who made it. */
  spreadMs: number | null
  /** Nodes and links without which the network falls apart. */
  cutNodes: string[]
  cutLinks: [string, string][]
  /** The link that is missing most, what it is taken to need, and what `spreadMs` would be with it; null where none would help. */
  bestLink: { from: string; to: string; latencyMs: number; spreadMs: number } | null
}

/** Links that are tried as the missing one: those between the nodes that are farthest apart. */
const CANDIDATES_MAX = 256

type Graph = UndirectedGraph<Record<string, never>, { latencyMs: number }>

/** The graph that the reports add up to. A link between two that both reported needs both; its time is the mean of what they measured. */
export function createNetworkGraph(reports: Reports): NetworkGraph {
  const graph = buildGraph(reports)
  const nodes = graph.nodes().sort()
  const links = graph.mapEdges((_edge, { latencyMs }, from, to) => (from < to ? { from, to, latencyMs } : { from: to, to: from, latencyMs })).sort((a, b) => compare(a.from, b.from) || compare(a.to, b.to))
  const routes = nodes.map((node) => routesFrom(graph, node))
  const times = routes.map((of) => nodes.map((node) => timeOf(graph, of[node])))
  const isConnected = times.every((row) => row.every((time) => time < Infinity))
  const farthest = times.map((row) => Math.max(...row))
  const cut = findCutPoints(new Map(nodes.map((node) => [node, graph.neighbors(node)])))
  return {
    nodes,
    links,
    silent: nodes.filter((node) => !reports.has(node)),
    isConnected,
    diameterMs: isConnected && nodes.length > 0 ? Math.max(...farthest) : null,
    spreadMs: isConnected && nodes.length > 0 ? mean(farthest) : null,
    cutNodes: cut.nodes,
    cutLinks: cut.links,
    bestLink: isConnected ? findBestLink(graph, nodes, routes, times) : null,
  }
}

/** The quickest way between two nodes, both included; null where there is none. */
export function quickestRoute(reports: Reports, from: string, to: string): { route: string[]; latencyMs: number } | null {
  const graph = buildGraph(reports)
  const route = graph.hasNode(from) && graph.hasNode(to) ? routesFrom(graph, from)[to] : undefined
  return route ? { route, latencyMs: timeOf(graph, route) } : null
}

function buildGraph(reports: Reports): Graph {
  const graph: Graph = new UndirectedGraph()
  for (const [node, neighbours] of reports) for (const { peer } of [{ peer: node }, ...neighbours]) graph.mergeNode(peer)
  for (const [node, neighbours] of reports) {
    for (const { peer, latencyMs } of neighbours) {
      const back = reports.get(peer)
      const other = back?.find((neighbour) => neighbour.peer === node)
      if (peer === node || (back && !other)) continue
      graph.mergeEdge(node, peer, { latencyMs: other ? (latencyMs + other.latencyMs) / 2 : latencyMs })
    }
  }
  return graph
}

function routesFrom(graph: Graph, node: string): Record<string, string[]> {
  return dijkstra.singleSource(graph, node, 'latencyMs')
}

function hopsOf(graph: Graph, route: string[]): number[] {
  return route.slice(1).map((node, i) => graph.getEdgeAttribute(route[i], node, 'latencyMs'))
}

function timeOf(graph: Graph, route: string[] | undefined): number {
  return route ? hopsOf(graph, route).reduce((sum, ms) => sum + ms, 0) : Infinity
}

/** What a link that does not exist would need is not known: it is taken to be as slow as the slowest hop of the way there is. */
function findBestLink(graph: Graph, nodes: string[], routes: Record<string, string[]>[], times: number[][]): NetworkGraph['bestLink'] {
  const candidates: { a: number; b: number; latencyMs: number; gainMs: number }[] = []
  for (let a = 0; a < nodes.length; a++) {
    for (let b = a + 1; b < nodes.length; b++) {
      const [from, to] = [nodes[a] as string, nodes[b] as string]
      if (graph.hasEdge(from, to)) continue
      const hops = hopsOf(graph, routes[a]?.[to] ?? [])
      const latencyMs = Math.max(...hops)
      candidates.push({ a, b, latencyMs, gainMs: (times[a]?.[b] as number) - latencyMs })
    }
  }
  candidates.sort((one, other) => other.gainMs - one.gainMs)
  let best: NetworkGraph['bestLink'] = null
  let least = mean(times.map((row) => Math.max(...row)))
  for (const { a, b, latencyMs } of candidates.slice(0, CANDIDATES_MAX)) {
    const spreadMs = spreadWith(times, a, b, latencyMs)
    if (spreadMs >= least) continue
    least = spreadMs
    best = { from: nodes[a] as string, to: nodes[b] as string, latencyMs, spreadMs }
  }
  return best
}

/** The average time to the farthest node with one more link: each way goes over it, in one direction or the other, or as before. */
function spreadWith(times: number[][], a: number, b: number, latencyMs: number): number {
  const [fromA, fromB] = [times[a] as number[], times[b] as number[]]
  let sum = 0
  for (const [from, row] of times.entries()) {
    const overA = (fromA[from] as number) + latencyMs
    const overB = (fromB[from] as number) + latencyMs
    let farthest = 0
    for (let to = 0; to < row.length; to++) farthest = Math.max(farthest, Math.min(row[to] as number, overA + (fromB[to] as number), overB + (fromA[to] as number)))
    sum += farthest
  }
  return sum / times.length
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
