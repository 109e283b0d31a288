import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode, hexToBytes, portable } from '@telltale/core'
import type { RecordReading, Signer } from '@telltale/core'
import { createFileStorage, createHttpLink, createRefusedFolder, openDevice } from '@telltale/device'
import type { Device, OwnerPin } from '@telltale/device'
import { createAsset, createSecretsFile, enrolDevice, ensureIdentity, initHome, openHome, ownerNow, resolveSettings } from '@telltale/node'
import type { DeviceProfile, Home } from '@telltale/node'
import { silentLog, startGateway, startService } from '@telltale/node/service'
import type { GatewayService, GatewayServiceInit, Service } from '@telltale/node/service'

/** A folder that is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-gateway-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A node that listens, with a car: an owner and devices with one stream `odometer` each. */
export interface Node {
  home: Home
  service: Service
  devices: DeviceProfile[]
  stop(): Promise<void>
}

/** Name of the key of a gateway in a node. */
export const GATEWAY_KEY = 'gateway'

/** Opens the node in a directory, made with its devices if it is new; sealed unless `isOpen`; with a gateway in it if `isGateway`. */
export async function startNode(directory: string, names: string[], options: { isOpen?: boolean; isNew?: boolean; isGateway?: boolean; port?: number } = {}): Promise<Node> {
  if (options.isNew !== false) await initHome({ directory, password: undefined, algorithm: 'EdDSA', nowMs: Date.now() })
  const home = await openHome({ directory, password: undefined })
  const owner = await ensureIdentity(home, 'owner', 'EdDSA', [['owner', null, null]])
  const asset = home.profile.assets[0] ?? (await createAsset(home, owner, new Map()))
  const devices: DeviceProfile[] = []
  for (const name of names) devices.push(await enrolDevice(home, { asset, name, algorithm: 'EdDSA', streams: ['odometer'], isSealed: options.isOpen !== true }))
  if (options.isGateway) await ensureIdentity(home, GATEWAY_KEY, 'EdDSA', [['gateway', null, null]])
  const { settings } = await resolveSettings({ flags: { listen: `127.0.0.1:${options.port ?? 0}`, 'log-level': 'silent', ...(options.isGateway ? { 'gateway': GATEWAY_KEY, 'statement-seconds': '1' } : {}) }, environment: {}, directory })
  const service = await startService({ home, settings, isUsualPort: false, isDemo: false, mounts: [], pages: null })
  return {
    home,
    service,
    devices,
    async stop() {
      await service.stop()
      await home.close()
    },
  }
}

/** A gateway before a node, on a free port; statements without delay. */
export function startGatewayFor(url: string, directory: string, options: Partial<GatewayServiceInit> = {}): Promise<GatewayService> {
  return startGateway({
    directory,
    password: undefined,
    upstream: { url, token: null },
    listen: '127.0.0.1:0',
    isUsualPort: false,
    tls: null,
    isBehindProxy: false,
    checkpoint: null,
    statementDelayMs: 50,
    log: silentLog(),
    onFailure: () => undefined,
    ...options,
  })
}

/** What a device takes with it when it leaves the place of its enrolment. */
export interface EnrolledDevice {
  profile: DeviceProfile
  signer: Signer
  network: Uint8Array
  pin: OwnerPin
}

export async function enrolled(home: Home, profile: DeviceProfile): Promise<EnrolledDevice> {
  return { profile, signer: (await home.wallet.open(profile.key)).signer, network: home.ledger.network, pin: await ownerNow(home, profile.asset) }
}

/** The device's side, as it runs in a car: its state and secrets in a folder, and HTTP to the world. */
export async function openRemoteDevice({ profile, signer, network, pin }: EnrolledDevice, folder: string, link: { url: string; kind: 'gateway' | 'node'; patienceMs?: number }): Promise<Device> {
  return openDevice({
    signer,
    address: profile.address,
    network,
    storage: createFileStorage(join(folder, `${profile.key}.state`)),
    refused: createRefusedFolder(join(folder, `${profile.key}.refused`), portable),
    submitter: createHttpLink({ ...link, token: null, network, authorities: () => pin.set, primitives: portable }),
    secrets: profile.isSealed ? createSecretsFile(folder, profile.address, undefined) : null,
    pin,
    primitives: portable,
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
  })
}

export function reading(metres: number, timeMs = metres * 1000): RecordReading {
  return { path: 'Vehicle.TraveledDistance', timeMs, value: metres, unit: 'm', source: 'test' }
}

/** Admits a gateway as the command that it prints says. */
export async function admit(home: Home, service: GatewayService): Promise<void> {
  const json = /'(.*)'/.exec(service.admission)![1] as string
  const [key, signature, organisation, roles] = JSON.parse(json) as [{ cbor: string }, { hex: string }, string, [string, null, null][]]
  await home.send({ key: await home.wallet.open('authority'), call: 1, sub: service.address, args: [decode(hexToBytes(key.cbor)), hexToBytes(signature.hex), organisation, roles] })
}

/** Waits until something holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const endMs = performance.now() + timeoutMs
  while (!(await holds())) {
    assert.ok(performance.now() < endMs, `timed out: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
