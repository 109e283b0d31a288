import { chmod } from 'node:fs/promises'
import { TelltaleError, bytesToHex, fail } from '@telltale/core'
import { DEFAULT_LIMITS, createGatewayServer, createNodeLink } from '@telltale/gateway'
import type { Gateway, GatewayEvent, GatewayLimits, NodeLink } from '@telltale/gateway'
import { createNodeDisk } from '@telltale/storage'
import type { FastifyBaseLogger } from 'fastify'
import { createNodePrimitives } from '../crypto/node-primitives.ts'
import { admissionCommand } from '../home/admission-command.ts'
import { createWallet } from '../home/wallet.ts'
import type { WalletKey } from '../home/wallet.ts'
import { isLoopback, listenNear, readPlace } from '../service/listening.ts'
import { openFollowedSet } from './followed-set.ts'
import { openGatewayHere } from './opened-gateway.ts'
import { openPin } from './pin-file.ts'

export interface GatewayServiceInit {
  /** Holds its key, its pin, its outbox and what was refused. */
  directory: string
  /** Of its key; for a new key the password that it gets. */
  password: string | undefined
  /** Of the node, and the token that it asks for. */
  upstream: { url: string; token: string | null }
  /** HOST:PORT. */
  listen: string
  /** Whether the next free port will do where this one is taken. */
  isUsualPort: boolean
  tls: { cert: Buffer; key: Buffer } | null
  isBehindProxy: boolean
  /** A pinned checkpoint, for the first start; null to take the one that the node offers. */
  checkpoint: Uint8Array | null
  limits?: Partial<GatewayLimits>
  /** How long certified records wait for company in a statement. */
  statementDelayMs: number
  log: FastifyBaseLogger
  onFailure(event: Extract<GatewayEvent, { kind: 'failed' }>): void
}

/** A gateway that answers. */
export interface GatewayService {
  url: string
  /** The port that was taken, so that another one is used; null where it is the one that was meant. */
  taken: number | null
  address: string
  network: string
  /** Addresses of the authorities that it believes. */
  authorities: string[]
  /** Whether they are those that the node offered just now: somebody should compare. */
  isOffered: boolean
  /** The command by which an authority admits it. */
  admission: string
  gateway: Gateway
  /** Answers what was asked, stops sending and lets go of the directory; what waits is sent at the next start. */
  stop(): Promise<void>
}

/** Name of the key in the directory's `keys`. */
const GATEWAY_KEY = 'gateway'
const STOP_MS = 10_000

/** Whether a directory has a gateway's key already, and whether a password protects it; null where there is none. */
export async function readGatewayKeyHead(directory: string): Promise<{ isProtected: boolean } | null> {
  return (await createWallet(directory, undefined).heads()).find(({ name }) => name === GATEWAY_KEY) ?? null
}

/** The key of a gateway, made at its first start. */
async function openKey(directory: string, password: string | undefined): Promise<WalletKey> {
  const wallet = createWallet(directory, password)
  return (await wallet.has(GATEWAY_KEY)) ? wallet.open(GATEWAY_KEY) : wallet.create(GATEWAY_KEY, 'EdDSA')
}

/**
 * Starts a gateway over a directory (the codes of `openGateway`, `openPin`, `listenNear`; `tls-needed` off loopback, `node-unreachable` where its first
 * start cannot ask the node).
 */
export async function startGateway(init: GatewayServiceInit): Promise<GatewayService> {
  const { directory, log, upstream, tls, isBehindProxy } = init
  const place = readPlace(init.listen)
  if (!isLoopback(place.host) && !tls && !isBehindProxy) throw fail('tls-needed', `Off this machine a gateway speaks no plain HTTP: ${place.host} can be listened in on.`, { expected: '--tls-cert and --tls-key, or --behind-proxy', found: 'neither' })
  // Its name has to survive a loss of power like all that is in it; what devices send in the open is for nobody else on this machine.
  await createNodeDisk().makeDirectory(directory)
  await chmod(directory, 0o700)
  const key = await openKey(directory, init.password)
  const primitives = createNodePrimitives({ verifyOn: 'pool' })
  const link = createNodeLink(upstream)
  const { pin, isOffered } = await openPin(directory, init.checkpoint, link.pin, primitives)
  const trust = await openFollowedSet({ directory, pin, links: link.questions.links, primitives, log })
  await requireSameNetwork(link, bytesToHex(pin.checkpoint.network))
  const admission = await admissionCommand(key, pin.checkpoint.network, trust.authorities()[0]!.address, [['gateway', null, null]])
  const limits = { ...DEFAULT_LIMITS, ...init.limits }
  const gateway = await openGatewayHere({
    network: pin.checkpoint.network,
    authorities: trust.authorities,
    follow: trust.follow,
    key,
    submitter: link.submitter,
    registry: link.registry,
    directory,
    primitives,
    limits,
    statementDelayMs: init.statementDelayMs,
    log,
    onFailure: init.onFailure,
  })
  const server = await createGatewayServer({ gateway, questions: link.questions, limits, log, tls, isBehindProxy, isAnyHost: !isLoopback(place.host) || isBehindProxy })
  try {
    const { port, taken } = await listenNear(server, place, init.isUsualPort)
    const url = `${tls ? 'https' : 'http'}://${reachable(place.host)}:${port}`
    log.info({ url, waiting: gateway.health.waitingRecords }, 'listening')
    const stop = async (): Promise<void> => {
      log.info('stopping')
      gateway.announceStop()
      const force = setTimeout(() => server.server.closeAllConnections(), STOP_MS)
      await server.close()
      clearTimeout(force)
      await gateway.stop()
      log.info('stopped')
    }
    return { url, taken, address: key.address, network: bytesToHex(pin.checkpoint.network), authorities: trust.authorities().map(({ address }) => address), isOffered, admission, gateway, stop }
  } catch (error) {
    await gateway.stop()
    throw error
  }
}

/** Refuses a node of another network, where one answers (`other-network`): records that it cannot take would wait for ever. */
async function requireSameNetwork(link: NodeLink, network: string): Promise<void> {
  const found = await link.network().catch((error: unknown) => {
    // A node that is away now may be there later.
    if (error instanceof TelltaleError) return null
    throw error
  })
  if (found !== null && found !== network) throw fail('other-network', 'The node belongs to another network than this gateway.', { expected: network, found })
}

/** A host that one can connect to where the gateway listens on all. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
