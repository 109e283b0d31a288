import type { FastifyInstance } from 'fastify'
import type { Home } from '@telltale/node'
import type { Mount, TypedServer } from '@telltale/node/service'
import { createDeskKey } from './desk-key.ts'
import type { DeskKey } from './desk-key.ts'
import { createOpenDevices } from './open-devices.ts'
import type { OpenDevices, WayOf } from './open-devices.ts'
import { certificates } from './routes/certificates.ts'
import { cheats } from './routes/cheats.ts'
import { governance } from './routes/governance.ts'
import { grants } from './routes/grants.ts'
import { imports } from './routes/imports.ts'
import { mining } from './routes/mining.ts'
import { overview } from './routes/overview.ts'
import { ownNetworks } from './routes/own-networks.ts'
import { recordKeys } from './routes/record-keys.ts'
import { createUploads, uploads } from './routes/uploads.ts'
import type { Uploads } from './routes/uploads.ts'

/**
 * What whoever sits at this machine may do with the keys of the data directory, over the node's own server: open their records, grant, make certificates, import.
 * Mounted on loopback only. The API beside it knows no keys; this is the part that does, and it asks each request for the key of the desk.
 */
export interface Desk {
  mount: Mount
  /** Open devices of this directory; nobody else may open them while the desk is there. */
  devices: OpenDevices
  /** The address by which a browser gets in. */
  linkAt(url: string): string
  close(): Promise<void>
}

/** What the routes of the desk stand on. */
export interface DeskContext {
  home: Home
  isDemo: boolean
  devices: OpenDevices
  uploads: Uploads
}

export async function createDesk({ home, isDemo, wayOf }: { home: Home; isDemo: boolean; wayOf: WayOf }): Promise<Desk> {
  const key = createDeskKey()
  const context: DeskContext = { home, isDemo, devices: createOpenDevices(home, wayOf), uploads: await createUploads() }
  return {
    mount: (server) => addRoutes(server, key, context),
    devices: context.devices,
    linkAt: (url) => `${url}/#desk=${key.text}`,
    close: () => context.uploads.close(),
  }
}

function addRoutes(server: FastifyInstance, key: DeskKey, context: DeskContext): void {
  server.addHook('onRequest', async (request) => key.require(request))
  const typed: TypedServer = server
  for (const add of [overview, recordKeys, certificates, grants, governance, mining, uploads, imports, cheats, ownNetworks]) add(typed, context)
}
