import { createLedgerReader } from '@telltale/ledger'
import type { Primitives } from '@telltale/core'
import { DEFAULT_LIMITS, createApiServer, silentLog } from '@telltale/node/service'
import type { BenchNetwork } from './network.ts'

/** A network's node over HTTP, on a port of this machine, that refuses no sender for being fast. */
export async function serveNetwork({ ledger, chain }: BenchNetwork, primitives: Primitives): Promise<{ port: number; close(): Promise<void> }> {
  const api = await createApiServer({
    ledger,
    chain,
    reader: createLedgerReader(ledger, primitives),
    peers: null,
    primitives,
    clock: { nowMs: Date.now },
    log: silentLog(),
    version: 'bench',
    isDemo: false,
    access: { token: null, isAnyHost: false, accounts: null },
    limits: { ...DEFAULT_LIMITS, requestsPerSecond: 1_000_000 },
    tls: null,
    isBehindProxy: false,
    mounts: [],
    pages: null,
  })
  await api.server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.server.server.address() as { port: number }
  return { port, close: async () => api.server.close() }
}
