import { bytesToHex } from '@telltale/core'
import type { Submitter } from '@telltale/device'
import { isLoopback, readPlace } from '@telltale/node'
import type { DeviceProfile, Home, Settings } from '@telltale/node'
import { startService } from '@telltale/node/service'
import type { Service } from '@telltale/node/service'
import { createDesk } from './desk/desk.ts'
import type { Desk } from './desk/desk.ts'
import type { Output } from './output.ts'
import { PAGES, buildPages } from './page-build.ts'

export interface ServingInit {
  home: Home
  settings: Settings
  /** Whether the next free port will do. */
  isUsualPort: boolean
  isDemo: boolean
  output: Output
  /** Another way to the ledger for a device that signs here, once the node listens; null for the direct one. */
  wayOf?: (profile: DeviceProfile, service: Service) => Submitter | null
}

/** A node with its pages and, where only this machine can connect, its desk. */
export interface Serving {
  service: Service
  /** Null off loopback: there nobody works with the keys of the data directory from a browser. */
  desk: Desk | null
  /** What to open in a browser. */
  link: string
  stop(): Promise<void>
}

export async function startServing({ home, settings, isUsualPort, isDemo, output, wayOf = () => null }: ServingInit): Promise<Serving> {
  const isOwnMachine = isLoopback(readPlace(settings.listen).host) && !settings.behindProxy
  await buildPages(output)
  let listening: Service | null = null
  const desk = isOwnMachine ? await createDesk({ home, isDemo, wayOf: (profile) => listening && wayOf(profile, listening) }) : null
  const linkAt = (url: string): string => desk?.linkAt(url) ?? url
  try {
    const service = await startService({ home, settings, isUsualPort, isDemo, mounts: desk ? [desk.mount] : [], pages: PAGES, linkAt })
    listening = service
    if (service.taken !== null) output.warn(`Port ${service.taken} is taken by another program; using ${service.port}.`)
    return {
      service,
      desk,
      link: linkAt(service.url),
      async stop() {
        await service.stop()
        await desk?.close()
      },
    }
  } catch (error) {
    await desk?.close()
    throw error
  }
}

/** What is said once it listens. */
export function servingDocument({ service: { url, gateway }, link }: Serving, home: Home, data: string): ServingDocument {
  return { url, link, data, network: bytesToHex(home.ledger.network), gateway: gateway?.url ?? null, pid: process.pid }
}

interface ServingDocument {
  url: string
  link: string
  data: string
  network: string
  /** Where devices find the gateway in this node; null where there is none. */
  gateway: string | null
  pid: number
}
