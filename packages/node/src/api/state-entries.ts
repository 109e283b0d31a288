import { asArray, asText, bytesToHex, decode, fail } from '@telltale/core'
import { STATE_PREFIX, assetKey, assetRowFromCbor, identityKey, identityRowFromCbor, inForce, rolesInForce, splitStreamName, streamKey, streamRowFromCbor } from '@telltale/ledger'
import type { AssetRow, IdentityRow, StreamRow } from '@telltale/ledger'
import type { ApiContext } from './context.ts'

/** Entries of the state as the API shows them. */

export interface ShownStream {
  stream: string
  device: string
  name: string
  asset: string
  count: number
  head: string
  recordRoot: string
  epoch: number
  lastHeight: number
  lastTimeMs: number
  discontinuities: number
  notes: number
}

export function showIdentity(address: string, { roles, keys, sealKeys, organisation }: IdentityRow) {
  return {
    address,
    organisation,
    roles: roles.map(({ value: { name, scope, expiryMs }, from, to }) => ({ role: name, scope, expiryMs, fromHeight: from, toHeight: to })),
    keys: keys.map(({ value: { number, key }, from, to }) => ({ number, algorithm: key.algorithm, key: bytesToHex(key.material), fromHeight: from, toHeight: to })),
    sealKeys: sealKeys.map(({ value: { number, key }, from, to }) => ({ number, key: bytesToHex(key), fromHeight: from, toHeight: to })),
  }
}

export function showAsset(asset: string, row: AssetRow, height: number) {
  return {
    asset,
    owner: inForce(row.owners, height + 1)[0] ?? null,
    owners: row.owners.map(({ value, from, to }) => ({ owner: value, fromHeight: from, toHeight: to })),
    commitment: bytesToHex(row.commitment),
    streams: row.streams.map(({ value }) => value),
    creator: row.creator,
    transfers: row.transfers,
  }
}

export function showStream(device: string, name: string, row: StreamRow): ShownStream {
  const { asset, count, head, recordRoot, epoch, lastHeight, lastTimeMs, discontinuities, notesCount } = row
  return { stream: `${device}/${name}`, device, name, asset, count, head: bytesToHex(head), recordRoot: bytesToHex(recordRoot), epoch, lastHeight, lastTimeMs, discontinuities, notes: notesCount }
}

/** An identity's entry, or null. */
export function findIdentity({ reader }: ApiContext, address: string): IdentityRow | null {
  return readEntry(reader.state(identityKey(address)).value, identityRowFromCbor)
}

/** An asset's entry (`unknown-asset`). */
export function requireAsset({ reader }: ApiContext, id: string): AssetRow {
  const row = readEntry(reader.state(assetKey(id)).value, assetRowFromCbor)
  if (!row) throw fail('unknown-asset', `${id} is not an asset of this network.`, { expected: 'an asset', found: id })
  return row
}

/** A stream's entry (`unknown-stream`). */
export function requireStream({ reader }: ApiContext, device: string, name: string): StreamRow {
  const row = readEntry(reader.state(streamKey(device, name)).value, streamRowFromCbor)
  if (!row) throw fail('unknown-stream', `${device} has no stream ${name}.`, { expected: 'a stream of this network', found: `${device}/${name}` })
  return row
}

function readEntry<T>(value: Uint8Array | null, read: (value: ReturnType<typeof decode>) => T): T | null {
  return value && read(decode(value))
}

/** Ids of an entry, from the key of its row. */
export function idsOfRow(rowKey: Uint8Array): string[] {
  const [, ...ids] = asArray(decode(rowKey.subarray(STATE_PREFIX.length)), 'state key')
  return ids.map((id) => asText(id, 'state key', 128))
}

/** A device with all its streams; null where it has none and so is no device. */
export function showDevice(context: ApiContext, device: string, identity: IdentityRow) {
  const { position } = context.ledger
  const role = identity.roles.find(({ value }) => value.name === 'device')
  if (!role) return null
  const asset = role.value.scope as string
  const isActive = rolesInForce(identity.roles, position.height + 1, position.timeMs).some(({ name }) => name === 'device')
  const streams = requireAsset(context, asset).streams.map(({ value }) => splitStreamName(value)).filter((parts) => parts?.device === device)
  return { device, asset, isActive, streams: streams.map((parts) => showStream(device, parts!.name, requireStream(context, device, parts!.name))) }
}


