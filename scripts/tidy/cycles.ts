/** Files that import each other in a circle when they run; `import type` is gone by then and does not count. */
import { dirname, join } from 'node:path/posix'
import type { Finding } from './finding.ts'
import type { Workspace } from './workspace.ts'

export function checkCycles({ packages, sources }: Workspace): Finding[] {
  const indexes = new Map(packages.map((one) => [one.name, `${one.folder}/src/index.ts`]))
  const graph = new Map(
    sources.map((source) => [
      source.path,
      source.imports
        .filter((one) => !one.typeOnly)
        .map(({ specifier }) => (specifier.startsWith('.') ? join(dirname(source.path), specifier) : (indexes.get(specifier) ?? specifier))),
    ]),
  )
  return stronglyConnected(graph).map((circle) => {
    const [path = ''] = circle
    const next = graph.get(path)?.find((target) => circle.includes(target))
    const line = sources.find((source) => source.path === path)?.imports.find((one) => join(dirname(path), one.specifier) === next)?.line ?? 1
    return { rule: 'cycle', path, line, message: `these files import each other in a circle: ${circle.join(', ')}` }
  })
}

/**
 * The groups of nodes that can reach each other (Tarjan 1972, "Depth-first search and linear graph algorithms"), sorted,
 * and without those of a single node that does not point to itself. Targets that are no nodes are passed over.
 */
export function stronglyConnected(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const groups: string[][] = []

  const visit = (node: string): number => {
    const index = order.size
    order.set(node, index)
    stack.push(node)
    let low = index
    for (const target of graph.get(node) ?? []) {
      if (!graph.has(target)) continue
      if (!order.has(target)) low = Math.min(low, visit(target))
      else if (stack.includes(target)) low = Math.min(low, lowest.get(target) ?? order.get(target) ?? low)
    }
    lowest.set(node, low)
    if (low === index) {
      const group = stack.splice(stack.indexOf(node)).sort()
      if (group.length > 1 || (graph.get(node) ?? []).includes(node)) groups.push(group)
    }
    return low
  }

  for (const node of graph.keys()) if (!order.has(node)) visit(node)
  return groups
}
