import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createSeededRandom } from '@telltale/testing'
import { createNetworkGraph, quickestRoute } from '../src/graph/network-graph.ts'
import type { Reports } from '../src/graph/network-graph.ts'

/** Reports of both ends of every link. */
function reportsOf(links: [string, string, number][]): Reports {
  const reports = new Map<string, { peer: string; latencyMs: number }[]>()
  for (const [a, b, latencyMs] of links) {
    for (const [from, to] of [[a, b], [b, a]] as const) reports.set(from, [...(reports.get(from) ?? []), { peer: to, latencyMs }])
  }
  return reports
}

suite('the graph of the network', () => {
  test('a chain of four: its length, where it breaks, and which link helps most', () => {
    const graph = createNetworkGraph(reportsOf([['a', 'b', 10], ['b', 'c', 20], ['c', 'd', 10]]))
    assert.deepEqual(graph.nodes, ['a', 'b', 'c', 'd'])
    assert.deepEqual(graph.links[0], { from: 'a', to: 'b', latencyMs: 10 })
    assert.equal(graph.diameterMs, 40)
    assert.equal(graph.spreadMs, (40 + 30 + 30 + 40) / 4)
    assert.deepEqual(graph.cutNodes, ['b', 'c'])
    assert.deepEqual(graph.cutLinks, [['a', 'b'], ['b', 'c'], ['c', 'd']])
    // With it a, b and d are 30 from the farthest and c is 20.
    assert.deepEqual(graph.bestLink, { from: 'a', to: 'c', latencyMs: 20, spreadMs: 27.5 })
  })

  test('a ring breaks nowhere, and two nodes that do not reach each other have no distance', () => {
    const ring = createNetworkGraph(reportsOf([['a', 'b', 1], ['b', 'c', 1], ['c', 'd', 1], ['d', 'a', 1]]))
    assert.deepEqual([ring.cutNodes, ring.cutLinks, ring.diameterMs], [[], [], 2])
    const apart = createNetworkGraph(reportsOf([['a', 'b', 1], ['c', 'd', 1]]))
    assert.deepEqual([apart.isConnected, apart.diameterMs, apart.spreadMs, apart.bestLink], [false, null, null, null])
    assert.deepEqual(createNetworkGraph(new Map()).nodes, [])
    assert.deepEqual(createNetworkGraph(new Map([['a', []]])).diameterMs, 0)
  })

  test('the quickest way may have more hops', () => {
    const reports = reportsOf([['a', 'b', 100], ['a', 'c', 10], ['c', 'b', 20]])
    assert.deepEqual(quickestRoute(reports, 'a', 'b'), { route: ['a', 'c', 'b'], latencyMs: 30 })
    assert.equal(quickestRoute(reports, 'a', 'nobody'), null)
  })

  test('a link between two that reported needs both; of one that is silent one word is enough', () => {
    const graph = createNetworkGraph(new Map([
      ['a', [{ peer: 'b', latencyMs: 10 }, { peer: 'c', latencyMs: 4 }, { peer: 'a', latencyMs: 1 }]],
      ['b', [{ peer: 'a', latencyMs: 20 }]],
      ['liar', [{ peer: 'a', latencyMs: 0 }]],
    ]))
    assert.deepEqual(graph.links, [{ from: 'a', to: 'b', latencyMs: 15 }, { from: 'a', to: 'c', latencyMs: 4 }])
    assert.deepEqual(graph.silent, ['c'])
    assert.equal(graph.isConnected, false)
  })

  test('cut points are those whose loss leaves more parts, on random graphs', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = createSeededRandom(seed)
      const names = Array.from({ length: 9 }, (_, i) => `n${i}`)
      const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b): [string, string, number] => [a, b, 1 + random.below(90)]))
      const links = pairs.filter(() => random.chance(0.25))
      const graph = createNetworkGraph(reportsOf(links))
      const parts = partsOf(links, graph.nodes)
      const cutNodes = graph.nodes.filter((node) => partsOf(links.filter(([a, b]) => a !== node && b !== node), graph.nodes.filter((other) => other !== node)) > parts)
      const cutLinks = links.filter((link) => partsOf(links.filter((other) => other !== link), graph.nodes) > parts).map(([a, b]) => [a, b])
      assert.deepEqual(graph.cutNodes, cutNodes, `seed ${seed}`)
      assert.deepEqual(graph.cutLinks, cutLinks, `seed ${seed}`)
      const { bestLink } = graph
      if (bestLink) assert.equal(createNetworkGraph(reportsOf([...links, [bestLink.from, bestLink.to, bestLink.latencyMs]])).spreadMs, bestLink.spreadMs, `seed ${seed}`)
    }
  })
})

function partsOf(links: [string, string, number][], nodes: string[]): number {
  const parts = new Map(nodes.map((node) => [node, node]))
  const rootOf = (node: string): string => {
    const up = parts.get(node) as string
    return up === node ? node : rootOf(up)
  }
  for (const [a, b] of links) parts.set(rootOf(a), rootOf(b))
  return nodes.filter((node) => rootOf(node) === node).length
}
