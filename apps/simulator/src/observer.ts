import { bytesToHex, fail } from '@telltale/core'
import { addCounts } from './report.ts'
import type { Report } from './report.ts'
import type { SimulatedNode } from './world/node.ts'

/** Watches the honest nodes while a run goes on. */
export interface Observer {
  /** Looks at every node (`two-histories`). */
  look(): void
  /** Counts what a node's engine refused, before it ends. */
  leave(node: SimulatedNode): void
  /** Id of the final block of a height, on every honest node the same. */
  readonly final: Map<number, string>
}

export function createObserver(nodes: SimulatedNode[], report: Report): Observer {
  const final = new Map<number, string>()
  const checked = new Map<string, number>()
  const heads = new Map<string, string>()
  const seen = new Set<string>()
  const honest = nodes.filter(({ misconduct }) => misconduct === null)

  const lookAtFinal = ({ id: name, running }: SimulatedNode): void => {
    const { position } = running!.ledger
    for (let height = (checked.get(name) ?? 0) + 1; height <= position.height; height++) {
      const id = bytesToHex(position.ancestor(height)!.id)
      const known = final.get(height) ?? id
      if (known !== id) throw fail('two-histories', `Two blocks of height ${height} are final: ${name} holds another than those before it.`, { expected: known, found: id })
      final.set(height, id)
      checked.set(name, height)
      report.blocks = final.size
    }
  }
  const lookAtBranches = ({ id: name, running }: SimulatedNode): void => {
    const blocks = running!.chain.branches()
    for (const { id } of blocks) seen.add(bytesToHex(id))
    const { id } = running!.chain.status()
    const head = bytesToHex(id)
    const before = heads.get(name)
    heads.set(name, head)
    if (before === undefined || before === head || ![...blocks].some((block) => bytesToHex(block.id) === before)) return
    for (let at = blocks.find((block) => bytesToHex(block.id) === head) ?? null; at; at = at.content?.parent ?? null) if (bytesToHex(at.id) === before) return
    report.reorganisations += 1
  }
  return {
    final,
    look() {
      for (const node of honest) {
        // One whose disk failed reads nothing any more; it is started again soon.
        if (!node.running || node.running.chain.failure || node.machine.disk.isOff) continue
        lookAtFinal(node)
        lookAtBranches(node)
      }
      const won = new Set(final.values())
      report.forks = [...seen].filter((id) => !won.has(id)).length
    },
    leave({ running, misconduct }) {
      if (running && !misconduct) addCounts(report.refused, running.chain.verdicts.counts)
    },
  }
}
