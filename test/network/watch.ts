import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import type { RelayedNode } from './relayed-nodes.ts'
import { healthOf } from './trial.ts'

/** Looks at the nodes all the time and notes when each has a new final block. */
export interface Watch {
  /** The highest final block of these nodes, as they said last. */
  finalHeight(nodes: RelayedNode[]): number
  /** The longest time since `fromMs` in which none of these nodes had a new final block. */
  stillMs(nodes: RelayedNode[], fromMs: number): number
  /** Waits until each of these nodes has a final block above a height; the time since `fromMs` when the last of them did. */
  above(nodes: RelayedNode[], height: number, fromMs: number): Promise<number>
  stop(): Promise<void>
}

const LOOK_MS = 100
const PATIENCE_MS = 120_000

export function startWatch(nodes: RelayedNode[]): Watch {
  const seen = new Map<RelayedNode, { height: number; atMs: number }[]>(nodes.map((node) => [node, []]))
  let isStopped = false
  const look = async (node: RelayedNode): Promise<void> => {
    const rises = seen.get(node)!
    while (!isStopped) {
      const health = node.running && (await healthOf(node).catch(() => null))
      if (health && health.finalHeight > (rises.at(-1)?.height ?? -1)) rises.push({ height: health.finalHeight, atMs: performance.now() })
      await wait(LOOK_MS)
    }
  }
  const done = Promise.all(nodes.map(look))
  const heightOf = (node: RelayedNode): number => seen.get(node)!.at(-1)?.height ?? 0
  return {
    finalHeight: (of) => Math.max(...of.map(heightOf)),
    stillMs(of, fromMs) {
      // The first to tell of a height is the one that counts.
      const firsts = new Map<number, number>()
      for (const node of of) for (const { height, atMs } of seen.get(node)!) if (atMs < (firsts.get(height) ?? Infinity)) firsts.set(height, atMs)
      const times = [...firsts.values(), fromMs, performance.now()].filter((atMs) => atMs >= fromMs).sort((a, b) => a - b)
      return Math.max(...times.slice(1).map((atMs, i) => atMs - times[i]!))
    },
    async above(of, height, fromMs) {
      const endMs = performance.now() + PATIENCE_MS
      while (of.some((node) => heightOf(node) <= height)) {
        assert.ok(performance.now() < endMs, `no final block above ${height} within ${PATIENCE_MS} ms: ${of.map((node) => `${node.name} ${heightOf(node)}`).join(', ')}`)
        await wait(LOOK_MS / 2)
      }
      return Math.max(...of.map((node) => seen.get(node)!.find((rise) => rise.height > height)!.atMs)) - fromMs
    },
    async stop() {
      isStopped = true
      await done
    },
  }
}
