import type { AuthoritySet, Cbor, Submission } from '@telltale/core'
import type { Certified } from '@telltale/consensus'
import type { AssetRow, IdentityRow, StreamRow } from '@telltale/ledger'
import type { Known } from './profile.ts'
import type { SigningPlace } from './statements.ts'
import type { WalletKey } from './wallet.ts'

export interface Message {
  key: WalletKey
  call: number
  sub: string
  args: Cbor[]
  attachments?: Uint8Array[]
}

/** A ledger as whoever signs for it sees it, in this process or at a node elsewhere, with what lies in a directory here. A home is one. */
export interface Place extends SigningPlace {
  directory: string
  readonly profile: Known
  /** Address of an authority of the network: the one whose key lies here, if any. */
  authority: string
  /** New files of the directory are written under it. */
  password: string | undefined
  /** Entries of the ledger's state as the next block would find them. */
  identity(address: string): Promise<IdentityRow | null>
  /** (`unknown-asset`) */
  asset(id: string): Promise<AssetRow>
  streamHead(device: string, stream: string): Promise<StreamRow | null>
  nextHeight(): Promise<number>
  /** Whose certificates count for the next block. */
  authorities(): AuthoritySet
  /** Signs a transaction with the next sequence, sends it and waits until it is certified. */
  send(message: Message): Promise<Certified>
  /** The same for one that is signed already. */
  submit(submission: Submission): Promise<Certified>
  /** Changes on disk what the directory knows. */
  updateProfile(change: (known: Known) => Known): Promise<void>
}
