import { randomBytes } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import manifest from '../../package.json' with { type: 'json' }
import { createApiServer } from '../api/server.ts'
import type { Mount } from '../api/server.ts'
import { DEFAULT_LIMITS } from '../api/limits.ts'
import { GATEWAY_PREFIX, createNodeGateway } from '../gateway/node-gateway.ts'
import type { Home } from '../home/home.ts'
import { addControl } from './control.ts'
import { accessFor, listenNear, readPlace } from './listening.ts'
import { createLog } from './log.ts'
import { createRetentionKeeper } from './retention.ts'
import { removeRunning, writeRunning } from './running-file.ts'
import type { Settings } from './settings.ts'

export interface ServiceInit {
  /** An open data directory; whoever opened it closes it, after the service has stopped. */
  home: Home
  settings: Settings
  /** Whether the next free port will do where that of the settings is taken. */
  isUsualPort: boolean
  isDemo: boolean
  /** Further routes, added before the node listens. */
  mounts: Mount[]
  /** Folder of pages, or null. */
  pages: string | null
  /** What to open in a browser, of the address where it listens; that address itself if left out. */
  linkAt?: (url: string) => string
  /** Where it logs to; JSON lines on standard error if left out. */
  log?: FastifyBaseLogger
}

/** A node that answers. */
export interface Service {
  /** Where it can be reached from this machine. */
  url: string
  port: number
  /** The port that was taken, so that another one is used; null where it is the one that was meant. */
  taken: number | null
  /** The gateway in this node, where there is one: where devices reach it from this machine, and its address in the network. */
  gateway: { url: string; address: string } | null
  /** Lets listeners go, finishes what was asked, stops listening, and flushes its gateway. After it resolves the home can be closed. */
  stop(): Promise<void>
}

/** How long requests that are under way may take once the node stops. */
const STOP_MS = 10_000
const IDLE_CHECK_MS = 50

/** Starts the node's interface over an open home (the codes of `accessFor`, `createNodeGateway` and `listenNear`). */
export async function startService({ home, settings, isUsualPort, isDemo, mounts, pages, linkAt = (url) => url, log = createLog(settings.logLevel) }: ServiceInit): Promise<Service> {
  const place = readPlace(settings.listen)
  const { access, tls } = await accessFor(place, settings, home.directory)
  const control = randomBytes(32).toString('hex')
  const { requestsPerSecond, connectionsMax, bodyBytesMax, listenersMax } = settings
  const { ledger, reader, chain, peers, mining, primitives, directory } = home
  const gateway = settings.gateway === '' ? null : await createNodeGateway({ home, keyName: settings.gateway, statementDelayMs: settings.statementSeconds * 1000, log })
  const retention = createRetentionKeeper({ ledger, chain, log })
  const api = await createApiServer({
    ledger,
    reader,
    chain,
    peers,
    mining,
    primitives,
    clock: { nowMs: Date.now },
    log,
    version: manifest.version,
    isDemo,
    access,
    limits: { ...DEFAULT_LIMITS, requestsPerSecond, connectionsMax, bodyBytesMax, listenersMax },
    tls,
    isBehindProxy: settings.behindProxy,
    mounts: [(server) => addControl(server, home, control, retention), ...(gateway ? [gateway.mount] : []), ...mounts],
    pages,
  }).catch(async (error: unknown) => {
    await retention.stop()
    await gateway?.stop()
    throw error
  })
  const { port, taken } = await listenNear(api.server, place, isUsualPort).catch(async (error: unknown) => {
    await api.server.close()
    await retention.stop()
    await gateway?.stop()
    throw error
  })
  const url = `${tls ? 'https' : 'http'}://${reachable(place.host)}:${port}`
  await writeRunning(directory, { url, pid: process.pid, control, link: linkAt(url) })
  log.info({ url, height: ledger.position.height }, 'listening')
  return {
    url,
    port,
    taken,
    gateway: gateway && { url: url + GATEWAY_PREFIX, address: gateway.address },
    async stop() {
      log.info('stopping')
      api.announceStop()
      gateway?.announceStop()
      await retention.stop()
      const { server } = api.server
      // A connection whose last answer has gone is kept open by its client: nobody waits for that.
      const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
      const force = setTimeout(() => server.closeAllConnections(), STOP_MS)
      await api.server.close()
      clearInterval(idle)
      clearTimeout(force)
      // Nothing more comes in; what the gateway took goes to the ledger while that still takes it.
      await gateway?.stop()
      await removeRunning(directory)
      log.info('stopped')
    },
  }
}

/** A host that one can connect to where the node listens on all. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
