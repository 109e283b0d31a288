import type { Primitives, Signer } from '@telltale/core'
import type { OwnerPin } from './owner.ts'
import type { RefusedStorage } from './refused.ts'
import type { DeviceStorage } from './state.ts'

/** Where the ledger says a stream stands. */
export interface StreamHead {
  count: number
  head: Uint8Array
  epoch: number
}

/** The way to the ledger: a node in this process, or a gateway. */
export interface Submitter {
  /** Resolves when certified; rejects with a coded error where it is refused, with a `RefusedError` where for good. */
  submit(submission: { bytes: Uint8Array; attachments: Uint8Array[] }): Promise<unknown>
  /** Where a stream of this device stands, or null where there is none. */
  streamHead(device: string, stream: string): Promise<StreamHead | null>
  /** The transaction that stands at a place of a stream, or null. */
  recordAt(device: string, stream: string, sequence: number): Promise<Uint8Array | null>
  /** Next sequence of what a sender says about a subject, streams apart. */
  counter(iss: string, sub: string): Promise<number>
}

/** Secrets under which streams are sealed, one an epoch. */
export interface EpochSecrets {
  /** The secret of an epoch, made and stored first if there is none yet; 32 bytes. */
  get(stream: string, epoch: number): Promise<Uint8Array>
  has(stream: string, epoch: number): Promise<boolean>
  /** Deletes a secret: what is sealed under it stays sealed for whoever kept no copy. */
  forget(stream: string, epoch: number): Promise<void>
}

export interface DeviceComponents {
  signer: Signer
  address: string
  network: Uint8Array
  storage: DeviceStorage
  /** Where refused transactions are kept. */
  refused: RefusedStorage
  submitter: Submitter
  /** Null records in the open. */
  secrets: EpochSecrets | null
  /** Whom to obey and which authorities to believe, from the enrolment; what the state holds goes first. */
  pin: OwnerPin
  primitives: Primitives
  /** Secret random bytes. */
  randomBytes(count: number): Uint8Array
}
