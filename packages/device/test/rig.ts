import { NO_PREVIOUS, portable, textToBytes } from '@telltale/core'
import type { RecordReading, RefusedTransaction } from '@telltale/core'
import type { DeviceComponents, EpochSecrets } from '../src/components.ts'
import type { OwnerPin } from '../src/owner.ts'
import type { RefusedStorage } from '../src/refused.ts'
import type { DeviceStorage } from '../src/state.ts'
import { createFakeLedger } from './fake-ledger.ts'
import type { FakeLedger } from './fake-ledger.ts'
import { ASSET, AUTHORITY, DEVICE, NETWORK, OWNER, authorityOf } from './people.ts'
import type { Contact, Person } from './people.ts'

export function pinOf(owner: Person): OwnerPin {
  return { asset: ASSET, set: [authorityOf(AUTHORITY)], owner: { address: owner.address, keyNumber: owner.signer.keyNumber, key: owner.signer.publicKey }, transfers: 0, lastTransfer: NO_PREVIOUS }
}

/** What survives when a device loses its power. */
export interface Disk {
  state: Uint8Array | null
  secrets: Map<string, Uint8Array>
  refused: RefusedTransaction[]
}

function createDisk(): Disk {
  return { state: null, secrets: new Map(), refused: [] }
}

const calm: Contact = async (_, work) => work()

export interface Rig {
  ledger: FakeLedger
  disk: Disk
  /** Components of a device that is started with what the disk and the ledger hold. */
  start(contact?: Contact): DeviceComponents
}

/** A device, its disk and a ledger; sealed unless `isOpen`. */
export function createRig(streams: string[], options: { isOpen?: boolean } = {}): Rig {
  const ledger = createFakeLedger(streams)
  const disk = createDisk()
  let random = 0
  const randomBytes = (count: number): Uint8Array => portable.sha256(textToBytes(`random ${random++}`)).subarray(0, count)
  return {
    ledger,
    disk,
    start: (contact = calm) => ({
      signer: DEVICE.signer,
      address: DEVICE.address,
      network: NETWORK,
      storage: diskStorage(disk, contact),
      refused: diskRefused(disk, contact),
      submitter: ledger.submitter(contact),
      secrets: options.isOpen === true ? null : diskSecrets(disk, contact, randomBytes),
      pin: pinOf(OWNER),
      primitives: portable,
      randomBytes,
    }),
  }
}

function diskStorage(disk: Disk, contact: Contact): DeviceStorage {
  return { load: () => contact('load', () => disk.state), save: (bytes) => contact('save', () => void (disk.state = bytes.slice())) }
}

function diskRefused(disk: Disk, contact: Contact): RefusedStorage {
  return {
    keep: (refused) =>
      contact('keep', () => {
        disk.refused = [...disk.refused.filter((item) => item.sub !== refused.sub || item.sequence !== refused.sequence), refused]
      }),
  }
}

function diskSecrets(disk: Disk, contact: Contact, randomBytes: (count: number) => Uint8Array): EpochSecrets {
  return {
    has: (stream, epoch) => contact('has secret', () => disk.secrets.has(`${stream} ${epoch}`)),
    get: (stream, epoch) =>
      contact('get secret', () => {
        const name = `${stream} ${epoch}`
        const secret = disk.secrets.get(name) ?? randomBytes(32)
        disk.secrets.set(name, secret)
        return secret
      }),
    forget: (stream, epoch) => contact('forget secret', () => void disk.secrets.delete(`${stream} ${epoch}`)),
  }
}

/** A reading that can be told from every other. */
export function reading(value: number): RecordReading {
  return { path: 'Vehicle.TraveledDistance', timeMs: value * 1000, value, unit: 'm', source: 'test' }
}
