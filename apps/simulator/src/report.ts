import type { Client } from './world/client.ts'

/** What happened in a run, or in many. */
export interface Report {
  kills: number
  powerCuts: number
  /** Nodes that came back from a backup. */
  restores: number
  splits: number
  /** Rounds in which messages were lost. */
  losses: number
  blocks: number
  /** Blocks on branches that lost. */
  forks: number
  /** How often a node left the branch it stood on for another. */
  reorganisations: number
  certified: number
  cutOffs: number
  /** Blocks and transactions that were refused, by code; double votes among them. */
  refused: Map<string, number>
  /** How often each misbehaviour happened. */
  misconduct: Map<string, number>
  /** Milliseconds from handing a transaction on to its certificate. */
  lagsMs: number[]
}

export function emptyReport(): Report {
  return { kills: 0, powerCuts: 0, restores: 0, splits: 0, losses: 0, blocks: 0, forks: 0, reorganisations: 0, certified: 0, cutOffs: 0, refused: new Map(), misconduct: new Map(), lagsMs: [] }
}

export function addCounts(to: Map<string, number>, counts: Iterable<readonly [string, number]>): void {
  for (const [name, count] of counts) to.set(name, (to.get(name) ?? 0) + count)
}

export function addClient(report: Report, { lagsMs, refusals }: Client): void {
  report.certified += lagsMs.length
  report.lagsMs.push(...lagsMs)
  addCounts(report.refused, refusals)
}

/** Adds one report to another. */
export function addReport(to: Report, one: Report): void {
  for (const name of ['kills', 'powerCuts', 'restores', 'splits', 'losses', 'blocks', 'forks', 'reorganisations', 'certified', 'cutOffs'] as const) to[name] += one[name]
  addCounts(to.refused, one.refused)
  addCounts(to.misconduct, one.misconduct)
  to.lagsMs.push(...one.lagsMs)
}

/** Lines for people. */
export function reportLines(report: Report): string[] {
  const lags = report.lagsMs.toSorted((a, b) => a - b)
  const lag = (share: number): string => `${((lags[Math.floor((lags.length - 1) * share)] ?? 0) / 1000).toFixed(1)} s`
  return [
    `faults        ${report.kills} kills, ${report.powerCuts} power cuts, ${report.restores} restored backups, ${report.splits} splits, ${report.losses} rounds with losses`,
    `blocks        ${report.blocks} final, ${report.forks} on branches that lost, ${report.reorganisations} reorganisations`,
    `transactions  ${report.certified} certified after ${lag(0.5)} (half of them), ${lag(0.95)} (95 %), ${lag(1)} (all)`,
    `refused       ${list(report.refused)}`,
    `misconduct    ${list(report.misconduct)}; ${report.cutOffs} times a peer was cut off`,
  ]
}

function list(counts: Map<string, number>): string {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`).join(', ') || 'none'
}
