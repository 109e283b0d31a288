import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

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
  size(): number
  certifiedHeight(): number
  pending(): number
  listeners(): number
  workTries(): number
  heldBytes(): number
  connections(): Promise<number>
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
  gauge('telltale_log_size', 'transactions in the log', (source) => source.size())
  gauge('telltale_pending_transactions', 'transactions that wait for a block', (source) => source.pending())
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
