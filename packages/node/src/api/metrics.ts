import type { PoolView } from '@telltale/consensus'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { PeerLink } from '../peers/authority-states.ts'
import type { Stall } from '../peers/stall.ts'

/** What a node counts. Names are an interface; docs/metrics.md lists them. */
export interface Metrics {
  registry: Registry
  requests: Counter<'route' | 'method' | 'status'>
  requestSeconds: Histogram<'route'>
  transactions: Counter<'result'>
  refusals: Counter<'code'>
}

export interface MetricSources {
  height(): number
  finalHeight(): number
  size(): number
  certifiedHeight(): number
  pending(): number
  pool(): PoolView
  peers: PeerLink | null
  nowMs(): number
  stall(): Stall | null
  listeners(): number
  workTries(): number
  heldBytes(): number
  connections(): Promise<number>
}

function secondsSince({ nowMs }: MetricSources, sinceMs: number | undefined): number {
  return sinceMs === undefined ? 0 : Math.max(0, (nowMs() - sinceMs) / 1000)
}

/** What the engine counts by itself: taken over as it stands. */
function addCounts(registers: Registry[], sources: () => MetricSources): void {
  const votes = new Counter({
    name: 'telltale_votes_total',
    help: 'votes that were taken from other authorities and cast',
    registers,
    collect() {
      votes.reset()
      votes.inc(sources().peers?.chain.activity.votes ?? 0)
    },
  })
  for (const direction of ['sent', 'received'] as const) {
    const bytes = new Counter({
      name: `telltale_peer_${direction}_bytes_total`,
      help: `bytes of messages, questions and answers ${direction}, for every peer`,
      registers,
      collect() {
        bytes.reset()
        bytes.inc(sources().peers?.network.traffic[`${direction}Bytes`] ?? 0)
      },
    })
  }
  const refused = new Counter({
    name: 'telltale_refused_blocks_total',
    help: 'blocks that were refused, by code',
    labelNames: ['code'],
    registers,
    collect() {
      refused.reset()
      for (const [code, count] of sources().peers?.chain.verdicts.counts ?? []) refused.inc({ code }, count)
    },
  })
}

/** A registry of its own: two nodes in one process do not mix. */
export function createMetrics(sources: () => MetricSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const gauge = (name: string, help: string, read: (sources: MetricSources) => number | Promise<number>): void => {
    const made = new Gauge({
      name,
      help,
      registers,
      async collect() {
        made.set(await read(sources()))
      },
    })
  }
  gauge('telltale_height', 'height of the newest block', (source) => source.height())
  gauge('telltale_certified_height', 'height of the newest certified block', (source) => source.certifiedHeight())
  gauge('telltale_final_height', 'height of the newest block that will not be taken back', (source) => source.finalHeight())
  gauge('telltale_finality_lag_blocks', 'blocks above the newest final one', (source) => source.height() - source.finalHeight())
  gauge('telltale_stalled_seconds', 'since when nothing goes on; 0 while all is well', (source) => secondsSince(source, source.stall()?.sinceMs))
  gauge('telltale_log_size', 'transactions in the log', (source) => source.size())
  gauge('telltale_pending_transactions', 'transactions that wait for a block', (source) => source.pending())
  gauge('telltale_pool_transactions', 'transactions that are not final, whoever handed them over', (source) => source.pool().count)
  gauge('telltale_pool_bytes', 'bytes of these with their attachments', (source) => source.pool().bytes)
  gauge('telltale_pool_oldest_seconds', 'since when the oldest of these waits', (source) => secondsSince(source, source.pool().oldest?.sinceMs))
  gauge('telltale_peers', 'peers that are connected', ({ peers }) => peers?.network.peers().length ?? 0)
  gauge('telltale_peers_known', 'peers that are remembered, connected or not', ({ peers }) => peers?.network.known().length ?? 0)
  gauge('telltale_open_blocks', 'blocks that are not final, of all branches', ({ peers }) => peers?.chain.branches().length ?? 0)
  addCounts(registers, sources)
  gauge('telltale_event_listeners', 'open streams of events', (source) => source.listeners())
  gauge('telltale_work_tries', 'hashes that the threads of this node tried in the work for blocks, since it started', (source) => source.workTries())
  gauge('telltale_held_bytes', 'bytes of bodies and answers in memory', (source) => source.heldBytes())
  gauge('telltale_connections', 'open connections', (source) => source.connections())
  return {
    registry,
    requests: new Counter({ name: 'telltale_http_requests_total', help: 'requests answered', labelNames: ['route', 'method', 'status'], registers }),
    requestSeconds: new Histogram({ name: 'telltale_http_request_seconds', help: 'time to an answer', labelNames: ['route'], buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], registers }),
    transactions: new Counter({ name: 'telltale_transactions_total', help: 'transactions that were submitted, by what became of them', labelNames: ['result'], registers }),
    refusals: new Counter({ name: 'telltale_refusals_total', help: 'transactions that were refused, by code', labelNames: ['code'], registers }),
  }
}
