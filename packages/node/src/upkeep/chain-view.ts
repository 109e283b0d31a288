import { asArray, asText, decode, isSameAuthority, stateRoot } from '@telltale/core'
import type { AuthoritySet, Cbor, Checkpoint } from '@telltale/core'
import { NETWORK_KEY, STATE_PREFIX, createCalls, decodeBlock, networkRowFromCbor, parametersAt, setAt } from '@telltale/ledger'
import type { NetworkRow, Parameters } from '@telltale/ledger'
import { judgeCosignatures } from './kept-cosignatures.ts'
import type { KeptCosignature } from './kept-cosignatures.ts'
import type { OpenedLedger } from './open-ledger.ts'

/** How a chain stands. */
export interface ChainView {
  network: Uint8Array
  parameters: Parameters
  height: number
  /** Id and time of the last block. */
  id: Uint8Array
  timeMs: number
  /** Transactions in the log. */
  size: number
  logRoot: Uint8Array
  stateRoot: Uint8Array
  authorities: AuthoritySet
  resumptions: NetworkRow['resumptions']
  /** The newest checkpoint with a quorum of cosignatures kept here; null before the first. */
  certified: CertifiedView | null
}

export interface CertifiedView {
  checkpoint: Checkpoint
  set: AuthoritySet
  cosigners: { address: string; keyNumber: number; issuedAtSeconds: number }[]
}

export async function viewChain({ ledger, reader, primitives }: OpenedLedger): Promise<ChainView> {
  const { position, network } = ledger
  const row = networkRowFromCbor(decode(reader.state(NETWORK_KEY).value as Uint8Array))
  return {
    network,
    parameters: parametersAt(row, position.height + 1),
    height: position.height,
    id: position.id,
    timeMs: position.timeMs,
    size: position.log.size,
    logRoot: await reader.logRoot(position.log.size),
    stateRoot: stateRoot(position.stateTree),
    authorities: setAt(row, position.height + 1),
    resumptions: row.resumptions,
    certified: await newestCertified({ ledger, reader, primitives }, row),
  }
}

type ReadLedger = Pick<OpenedLedger, 'ledger' | 'reader' | 'primitives'>

async function newestCertified(context: ReadLedger, row: NetworkRow): Promise<CertifiedView | null> {
  let newest: KeptCosignature[] = []
  for await (const judged of judgeCosignatures(context)) {
    const kept = judged.ok ? judged.kept : null
    if (!kept || !setAt(row, kept.checkpoint.height).some((one) => isSameAuthority(one, kept.authority))) continue
    const height = newest[0]?.checkpoint.height ?? -1
    if (kept.checkpoint.height > height) newest = [kept]
    else if (kept.checkpoint.height === height && !newest.some((other) => other.authority.address === kept.authority.address)) newest.push(kept)
  }
  const [first] = newest
  if (!first) return null
  return { checkpoint: first.checkpoint, set: setAt(row, first.checkpoint.height), cosigners: newest.map(({ cosignature: { address, keyNumber, issuedAtSeconds } }) => ({ address, keyNumber, issuedAtSeconds })) }
}

/** A block in a line. */
export interface BlockView {
  height: number
  id: Uint8Array
  timeMs: number
  size: number
  /** How many transactions of which call it holds. */
  calls: { name: string; count: number }[]
}

/** The last blocks, the newest first; the genesis is not among them. */
export async function viewBlocks({ ledger, primitives }: OpenedLedger, count: number): Promise<BlockView[]> {
  const calls = createCalls(primitives)
  const views: BlockView[] = []
  for (let height = ledger.position.height; height >= 1 && views.length < count; height--) {
    const { id, bytes } = await ledger.store.readBlock(height)
    const { header, transactions } = decodeBlock(bytes)
    const counts = new Map<string, number>()
    for (const transaction of transactions) {
      const read = ledger.read(transaction)
      const name = read.ok ? (calls.get(read.value.transaction.call)?.name ?? 'unknown') : 'unreadable'
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    views.push({ height, id, timeMs: header.timeMs, size: header.size, calls: [...counts].map(([name, number]) => ({ name, count: number })) })
  }
  return views
}

const KIND_NAMES = ['network', 'identity', 'asset', 'stream', 'counter', 'proposal']

/** An entry of the state. */
export interface StateEntry {
  kind: string
  ids: string[]
  value: Cbor
}

/** All entries of the state, in the order of their keys. */
export async function* viewState({ store }: OpenedLedger): AsyncGenerator<StateEntry> {
  for await (const [key, value] of store.scan(STATE_PREFIX)) {
    const [kind, ...ids] = asArray(decode(key.subarray(STATE_PREFIX.length)), 'state key')
    yield { kind: (typeof kind === 'number' ? KIND_NAMES[kind] : undefined) ?? 'unknown', ids: ids.map((id) => asText(id, 'state key', 128)), value: decode(value) }
  }
}
