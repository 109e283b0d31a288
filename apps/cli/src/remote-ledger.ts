import { TelltaleError, bytesToHex, checkReceipt, decodeTransaction, encode, fail, hexToBytes, transactionId } from '@telltale/core'
import type { Cbor, Primitives, Receipt, Submission } from '@telltale/core'
import { errorOfProblem } from '@telltale/client'
import type { Client } from '@telltale/client'
import type { NetworkTrust } from '@telltale/node'

/** The ledger of a node, of which only that is believed which its authorities have signed. */
export interface RemoteLedger {
  /** The value of an entry of the state, or null where there is none, as a certified block left it (`state-not-proved`). Null too before anything is certified. */
  state(key: Cbor[]): Promise<Uint8Array | null>
  /** Height of the newest block that is known to be certified; 0 where nothing is. */
  height(): Promise<number>
  /** Submits and waits until it is certified; refusals are thrown with their code (`not-certified`, `not-certified-yet`, `set-mismatch`). */
  submit(submission: Submission): Promise<{ id: Uint8Array; index: number; height: number }>
  /** The bytes of a transaction by its id, with its receipt, which was checked (`no-such-transaction`, `not-certified`). */
  transaction(id: Uint8Array): Promise<{ bytes: Uint8Array; receipt: Uint8Array }>
}

/** Rounds in which the node may certify another block between its answers. */
const ROUNDS_MAX = 8
/** Blocks that are searched for a certified transaction; blocks without any are few. */
const PAGE = 100

/** `follow` leads from authorities that are believed to those in force by now: they may change between two answers. */
export function createRemoteLedger(client: Client, believed: NetworkTrust, follow: (trust: NetworkTrust) => Promise<NetworkTrust>, primitives: Primitives): RemoteLedger {
  const { network } = believed
  let trust = believed
  /** State roots that authorities have signed, with their heights. */
  const certified = new Map<string, number>()
  const newest = (): number => Math.max(0, ...certified.values())

  const check = async (receipt: Uint8Array, bytes: Uint8Array): Promise<Receipt> => {
    try {
      const read = await checkReceipt(receipt, bytes, trust, primitives)
      certified.set(bytesToHex(read.stateRoot), read.height)
      return read
    } catch (error) {
      if (!(error instanceof TelltaleError) || error.code !== 'set-mismatch') throw error
      const followed = await follow(trust)
      if (followed !== trust) {
        trust = followed
        return check(receipt, bytes)
      }
      throw fail('set-mismatch', 'The receipt is signed by other authorities than those that are believed here. If they changed, give --checkpoint FILE: a newer one that you trust.', { expected: 'the authorities that are believed', found: 'others', cause: error })
    }
  }

  const transaction = async (id: Uint8Array): Promise<{ bytes: Uint8Array; receipt: Uint8Array }> => {
    const path = { id: bytesToHex(id) }
    const [{ transaction: hex }, receipt] = await Promise.all([client.call('getTransaction', { path }), client.call('getReceipt', { path })])
    if (hex === undefined) throw fail('no-such-transaction', `The node does not have transaction ${path.id}.`, { expected: 'a transaction in the log', found: 'none' })
    const bytes = hexToBytes(hex)
    await check(receipt, bytes)
    return { bytes, receipt }
  }

  /** Has the newest certified checkpoint, by the receipt of a transaction: of whichever, it stands under the newest. */
  const look = async (): Promise<void> => {
    const { blocks } = await client.call('listBlocks', { query: { limit: PAGE } })
    for (const { height } of blocks.filter(({ transactions }) => transactions > 0)) {
      const page = await client.call('getBlock', { path: { height }, query: { limit: 1 } })
      if (page.transactions[0] && (await unless('not-certified-yet', transaction(hexToBytes(page.transactions[0].id))))) return
    }
    throw fail('nothing-certified', 'The last blocks of the node hold nothing that could be checked.', { expected: 'a block with a certified transaction', found: 'none' })
  }

  return {
    transaction,
    async state(key) {
      const wanted = encode(key)
      for (let round = 0; round < ROUNDS_MAX; round++) {
        const entry = await unless('nothing-certified', client.state(network, wanted))
        if (!entry) return null
        if (!certified.has(bytesToHex(entry.stateRoot))) await look()
        if (certified.has(bytesToHex(entry.stateRoot))) return entry.value
      }
      throw fail('state-not-proved', 'The node says what stands in the ledger, and no authority that is believed here has signed it.', { expected: 'a signed state', found: 'another' })
    },
    async height() {
      if (certified.size === 0 && (await client.health()).size > 0) await look()
      return newest()
    },
    async submit(submission) {
      const [result] = await client.submit([submission])
      if (result?.status === 'certified') {
        if (result.receipt === undefined) throw fail('not-certified', 'The node says that it is certified and brings no receipt.', { expected: 'a receipt', found: 'none' })
        const { index } = await check(hexToBytes(result.receipt), submission.bytes)
        return { id: transactionId(decodeTransaction(submission.bytes), primitives), index, height: Number(result.height) }
      }
      throw result?.error ? errorOfProblem(result.error) : fail('not-certified-yet', 'The node has not certified it yet; ask again how it stands.', { expected: 'certified', found: result?.status ?? 'nothing' })
    },
  }
}

/** Null where the node answers with this code. */
async function unless<T>(code: string, answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof TelltaleError && error.code === code) return null
    throw error
  }
}
