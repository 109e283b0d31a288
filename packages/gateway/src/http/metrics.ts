import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import type { Gateway } from '../gateway.ts'

/** What a gateway counts. Names are an interface; docs/gateway.md lists them. */
export interface GatewayMetrics {
  registry: Registry
  /** By what became of it at once: `pending`, or a code. */
  records: Counter<'result'>
}

/** A registry of its own: two gateways in one process do not mix. Figures of the process come along where nobody else gives them. */
export function createGatewayMetrics(gateway: Gateway, hasProcess: boolean): GatewayMetrics {
  const registry = new Registry()
  const registers = [registry]
  if (hasProcess) collectDefaultMetrics({ register: registry })
  const gauge = (name: string, help: string, read: () => number): void => void new Gauge({ name, help, registers, collect() { this.set(read()) } })
  gauge('telltale_gateway_waiting_records', 'records that wait to be certified', () => gateway.health.waitingRecords)
  gauge('telltale_gateway_waiting_bytes', 'their bytes', () => gateway.health.waitingBytes)
  gauge('telltale_gateway_unstated_records', 'certified records that no statement names yet', () => gateway.health.unstatedRecords)
  gauge('telltale_gateway_outbox_bytes', 'bytes of the file of the outbox', () => gateway.fileBytes)
  gauge('telltale_gateway_upstream_up', '1 while the node answers', () => (gateway.health.upstream === null ? 1 : 0))
  const delays = new Gauge({
    name: 'telltale_gateway_delays',
    help: 'times that something is sent again, by the reason',
    labelNames: ['code'],
    registers,
    collect() {
      for (const [code, count] of gateway.delays) delays.set({ code }, count)
    },
  })
  return { registry, records: new Counter({ name: 'telltale_gateway_records_total', help: 'records that were sent here, by what became of them at once', labelNames: ['result'], registers }) }
}
