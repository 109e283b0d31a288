import type { AuthoritySet, Primitives, PublicKey, Signer, Submission, SubmissionAnswer } from '@telltale/core'
import type { Disk } from './disk.ts'
import type { GatewayLimits } from './limits.ts'

/** The way to the ledger: a node over HTTP, or one in this process. What it answers is not believed before its receipts and refusals were checked. */
export interface Submitter {
  /**
   * Sends a batch of 1 to 100 and waits; one answer each, in their order. Rejects with a coded error where nobody knows what became of the batch
   * (`node-unreachable` and what a node that is busy says), with `upstream-refused` where the node will not read the request as it is.
   */
  submit(batch: Submission[], signal: AbortSignal): Promise<SubmissionAnswer[]>
  /** Next sequence of what a sender says about a subject, streams apart. */
  counter(iss: string, sub: string): Promise<number>
  /** What the ledger knows of a transaction, by its id in hexadecimal; null where it is not certified. */
  certified(id: string): Promise<{ index: number; height: number; receipt: Uint8Array } | null>
}

/** An identity that signs as a device, as the newest checkpoint has it. */
export interface RegisteredDevice {
  /**
   * Every key that it holds or held, by its number. What was signed with one that ended is passed on as well: only an authority's refusal lets the device put it
   * aside.
   */
  keys: Map<number, PublicKey>
}

/** Who may sign. */
export interface Registry {
  /** Null where the address is that of no device (`node-unreachable` where nobody can be asked). */
  find(address: string): Promise<RegisteredDevice | null>
}

/** What devices ask of the ledger before they can sign, answered as the node's API answers it. */
export interface Questions {
  state(key: string): Promise<unknown>
  stream(device: string, name: string): Promise<unknown>
  records(device: string, name: string, page: { from: number; limit: number }): Promise<unknown>
  /** Links from the set of authorities with this hash, in hexadecimal, to the newest: cbor [* link]. Whoever follows them checks them. */
  links(setHash: string): Promise<Uint8Array>
}

export interface GatewayComponents {
  network: Uint8Array
  /** Whose receipts and refusals count now. */
  authorities(): AuthoritySet
  /** A receipt names other authorities than these: looks for proof that those in force have changed, so that `authorities` gives the new ones. Never rejects for what a node does. */
  follow(): Promise<void>
  /** The gateway's own key, and its address. It signs statements about what was passed on, nothing else. */
  signer: Signer
  address: string
  submitter: Submitter
  registry: Registry
  disk: Disk
  /** Folder of the outbox and of what was refused. */
  directory: string
  primitives: Primitives
  clock: { nowMs(): number }
  /** Secret random bytes. */
  randomBytes(count: number): Uint8Array
  limits: GatewayLimits
  /** How long certified records wait for company in a statement. */
  statementDelayMs: number
  /** Tells what happens, for a log; never what is in a record. */
  report(event: GatewayEvent): void
}

/** What a gateway tells whoever runs it. */
export type GatewayEvent =
  | { kind: 'upstream-lost'; code: string; message: string }
  | { kind: 'upstream-back' }
  | { kind: 'refused'; id: string; code: string }
  | { kind: 'statement-refused'; code: string; message: string }
  | { kind: 'failed'; code: string; message: string }
