import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_LIMITS, addGatewayRoutes } from '@telltale/gateway'
import type { Gateway } from '@telltale/gateway'
import { createNodeDisk } from '@telltale/storage'
import type { FastifyBaseLogger } from 'fastify'
import { forAnybody, forReaders } from '../api/http/access.ts'
import type { Mount } from '../api/server.ts'
import { nextHeight } from '../home/entries.ts'
import { requireGatewayKey } from '../home/gateway-key.ts'
import type { Home } from '../home/home.ts'
import { GATEWAY_FOLDER } from '../home/new-directory.ts'
import { createLedgerLink } from './ledger-link.ts'
import { openGatewayHere } from './opened-gateway.ts'

/** Where devices find it, below the address of the node: `/health` and `/metrics` of the node itself stay where they are. */
export const GATEWAY_PREFIX = '/gateway'
/** How long what was taken may take to be certified once the node stops; what does not make it waits on the disk. */
const FLUSH_MS = 4000

/** A gateway in the process of its node. */
export interface NodeGateway {
  address: string
  /** Opens it and adds its routes. */
  mount: Mount
  /** It takes nothing more. */
  announceStop(): void
  /** Sends what it took, while the ledger still takes it, and lets go of its folder. Call it when the server is closed. */
  stop(): Promise<void>
}

export interface NodeGatewayInit {
  home: Home
  /** Name of its key. */
  keyName: string
  statementDelayMs: number
  log: FastifyBaseLogger
}

/** Prepares the gateway of a node (the codes of `requireGatewayKey`; mounting it has those of `openGateway`). */
export async function createNodeGateway({ home, keyName, statementDelayMs, log }: NodeGatewayInit): Promise<NodeGateway> {
  const { ledger, primitives } = home
  const key = await requireGatewayKey(home, keyName)
  const directory = join(home.directory, GATEWAY_FOLDER)
  let gateway: Gateway | null = null
  return {
    address: key.address,
    async mount(server, context) {
      await createNodeDisk().makeDirectory(directory)
      await chmod(directory, 0o700)
      const { questions, ...way } = createLedgerLink(context)
      // Its receipts name those who certified the newest head; who follows them decides the node's own ledger.
      const opened = await openGatewayHere({ ...way, key, network: ledger.network, authorities: () => home.chain.head?.set ?? ledger.authorities(nextHeight(home)), follow: async () => undefined, directory, primitives, limits: DEFAULT_LIMITS, statementDelayMs, log })
      gateway = opened
      // docs/gateway.md describes them: the description of the node is the same with and without a gateway.
      server.addHook('onRoute', (route) => {
        route.schema = { ...route.schema, hide: true }
        // Each record is signed: devices need nothing else. The figures are for whoever may see those of the node.
        route.config = { ...route.config, ...(route.url === `${GATEWAY_PREFIX}/metrics` ? forReaders : forAnybody) }
      })
      await server.register(async (scope) => addGatewayRoutes(scope, { gateway: opened, questions, limits: DEFAULT_LIMITS, isGuest: true }), { prefix: GATEWAY_PREFIX })
    },
    announceStop: () => gateway?.announceStop(),
    async stop() {
      await gateway?.flush(FLUSH_MS)
      await gateway?.stop()
    },
  }
}
