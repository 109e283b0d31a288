/** Where one failure splits a network. */
export interface CutPoints {
  /** Nodes without which others lose each other. */
  nodes: string[]
  /** Links without which both ends lose each other. */
  links: [string, string][]
}

/**
 * Articulation points and bridges (Hopcroft and Tarjan 1973, "Efficient algorithms for graph manipulation"): the lowest place in the order of a depth-first search
 * that the nodes below one can reach without it.
 */
export function findCutPoints(neighbours: ReadonlyMap<string, readonly string[]>): CutPoints {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const nodes = new Set<string>()
  const links: [string, string][] = []
  const visit = (node: string, parent: string | null): void => {
    const place = order.size
    order.set(node, place)
    let low = place
    let children = 0
    for (const next of neighbours.get(node) ?? []) {
      if (next === parent) continue
      const seen = order.get(next)
      if (seen !== undefined) {
        low = Math.min(low, seen)
        continue
      }
      children += 1
      visit(next, node)
      const below = lowest.get(next) as number
      low = Math.min(low, below)
      if (below > place) links.push(node < next ? [node, next] : [next, node])
      if (parent !== null && below >= place) nodes.add(node)
    }
    if (parent === null && children > 1) nodes.add(node)
    lowest.set(node, low)
  }
  for (const node of neighbours.keys()) if (!order.has(node)) visit(node, null)
  return { nodes: [...nodes].sort(), links: links.sort((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1)) }
}
