/** What a block is made of on disk, and the attachments that came with it. */
export interface StoredBlock {
  height: number
  /** Block id: SHA-256 of the header. */
  id: Uint8Array
  /** cbor of the whole block: header, seal, transactions, votes. */
  bytes: Uint8Array
}

/** A row that can be rebuilt from the blocks; null deletes it. */
export type RowChange = [key: Uint8Array, value: Uint8Array | null]

export interface StoreCommit {
  block: StoredBlock
  /** Attachments that came with the block, by their SHA-256; one that is stored already, or comes twice, is stored once. */
  attachments: { sha256: Uint8Array; bytes: Uint8Array }[]
  rows: RowChange[]
  /** What `rows` overwrote, for `revert`; null where the block is final at once. */
  undo: RowChange[] | null
}

/** Rows as the ledger reads them: synchronously, each verified against its own check. */
export interface RowReader {
  /** The value, or null. A damaged row throws `row-damaged`, never another value. */
  get(key: Uint8Array): Uint8Array | null
}

/**
 * Where a ledger lives. Blocks are the truth; rows are rebuilt from them. One process at a time.
 * Every implementation passes the same suite (`testing`, store-compliance).
 */
export interface Store extends RowReader {
  /** Height of the last durable block; -1 where there is none. Block 0 carries the genesis. */
  readonly height: number
  /** Height the rows stand at; below `height` after a crash, never above. */
  readonly rowsHeight: number
  /** Rows whose key begins with `prefix`, in bytewise order of the keys, from `from` (a whole key) on. */
  scan(prefix: Uint8Array, from?: Uint8Array): AsyncIterable<[key: Uint8Array, value: Uint8Array]>
  /**
   * When it resolves, the block and its attachments survive a loss of power, and reads see the rows.
   * `block.height` must be `height + 1`. Calls are made one after the other.
   */
  commit(commit: StoreCommit): Promise<void>
  /** Rows of a block that is stored already, while replaying: `height` must be `rowsHeight + 1`. */
  replay(height: number, rows: RowChange[], undo: RowChange[] | null): Promise<void>
  /** Takes back the last block: its rows are undone and the block is gone for readers. Needs its undo data (`cannot-revert`). */
  revert(): Promise<void>
  /** Forgets all rows, so that everything is replayed. */
  clearRows(): Promise<void>
  /** A stored block (`no-such-block`, `segment-damaged`). */
  readBlock(height: number): Promise<StoredBlock>
  /** An attachment's bytes, checked against its hash; null where it is unknown or dropped (`segment-damaged`). */
  readAttachment(sha256: Uint8Array): Promise<Uint8Array | null>
  hasAttachment(sha256: Uint8Array): boolean
  /** Frees the bytes of an attachment; the log and every proof stay valid. */
  dropAttachment(sha256: Uint8Array): Promise<void>
  /** Blocks up to this height were looked through for attachments that are old enough to go; 0 before the first, and after the rows were cleared. */
  readonly droppedUpTo: number
  /**
   * Drops attachments and notes that blocks up to `upTo` were looked through, together. `choose` says which, while no block is committed: it is told the height of
   * the last one, which may name some of them too.
   */
  dropOld(upTo: number, choose: (height: number) => Promise<Uint8Array[]>): Promise<void>
  /** Statements beside the log, in the order they were kept: `cosignature`, `refusal`. Not synced: they can be made again. */
  keep(kind: SideKind, bytes: Uint8Array): Promise<void>
  kept(kind: SideKind): AsyncIterable<Uint8Array>
  /** What this node's authority signed last: durable before the signature leaves; never lowered. Null where nothing was ever signed. */
  readonly signed: SignedState | null
  writeSigned(state: SignedState, options?: WriteSignedOptions): Promise<void>
  close(): Promise<void>
}

export interface WriteSignedOptions {
  /** The state may be lower: what was signed is lost, and a durable `resumed` transaction says so. */
  acceptLoss: boolean
}

export type SideKind = 'cosignature' | 'refusal'

/** The newest an authority put its name to: it never signs another block at this height and parent, nor a checkpoint that does not extend this one. */
export interface SignedState {
  /** Height of the last block sealed and the id of that block. */
  sealedHeight: number
  sealedId: Uint8Array
  /** Log size, log root and clock of the last checkpoint cosigned; size 0 before the first. */
  size: number
  logRoot: Uint8Array
  issuedAtSeconds: number
  /** The last vote on finality; left out before the first. */
  voted?: { sourceHeight: number; targetHeight: number; targetId: Uint8Array }
}
