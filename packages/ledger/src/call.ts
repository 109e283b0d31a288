import type { AttachmentReference, Cbor, SignatureCheck, Transaction, Verdict } from '@telltale/core'
import type { Parameters } from './parameters.ts'
import type { IdentityRow } from './state/rows.ts'
import type { StateView } from './state/view.ts'

/** A transaction whose form and arguments were read; `args` is what its call's reader returned. */
export interface ReadTransaction {
  transaction: Transaction
  id: Uint8Array
  /** The bytes that its sender signed; the id is their hash. */
  signatureInput: Uint8Array
  /** SHA-256(0x00 || bytes): its leaf in the log. */
  leafHash: Uint8Array
  call: Call<unknown>
  args: unknown
}

/** Where a transaction is judged: the block it would stand in. */
export interface CallContext {
  state: StateView
  network: Uint8Array
  height: number
  timeMs: number
  parameters: Parameters
  transaction: Transaction
  id: Uint8Array
  /** Entry of the sender; null where it is not admitted, which refuses every call. */
  sender: IdentityRow | null
  hasTransaction(id: Uint8Array): boolean
  /** Adds a leaf to the record or note tree of a stream. */
  append(tree: 'records' | 'notes', stream: string, entry: Cbor[]): void
  primitives: { sha256(bytes: Uint8Array): Uint8Array }
}

/** One kind of transaction. The predicate stands apart from the effect; both are deterministic. */
export interface Call<Args> {
  number: number
  name: string
  /** Reads the arguments or throws `wrong-shape`. */
  read(args: Cbor[]): Args
  /** Signatures beside the sender's own that must hold: consents, key statements. Called once `judge` would look at the same state. */
  signatures?(context: CallContext, args: Args): SignatureCheck[]
  /** Why this may not happen, or null. Cheap checks first. */
  judge(context: CallContext, args: Args): Verdict | null
  /** What changes. Called only when `judge` said null. */
  apply(context: CallContext, args: Args): void
  /** Bytes that travel beside it. */
  attachments?(args: Args): AttachmentReference[]
  /** Until when nodes keep them whatever the network's retention, where the transaction says so itself. */
  keptUntilMs?(args: Args, blockTimeMs: number): number
}

export function refuse(code: string, message: string, expected?: string, found?: string): Verdict {
  return { code, message, ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) }
}
