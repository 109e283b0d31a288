import { asArray, asBytes, asExactly, asNullable, asText, asUint, asVersioned, decode, encode } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { pinFromCbor, pinToCbor } from './owner.ts'
import type { OwnerPin } from './owner.ts'

/** Where the records of an epoch may lie; `last` null while it goes on. After a loss of state the bounds are wider than the records. */
export interface EpochSpan {
  epoch: number
  first: number
  last: number | null
}

/** Where a stream stands: what the next record continues. */
export interface StreamState {
  /** Sequence of the next transaction; where the head is not known, the ledger holds at least so many. */
  next: number
  /** Id of the last transaction, 32 zero bytes before the first; null where another went on and the ledger has to be asked. */
  head: Uint8Array | null
  /** Epoch of the last sealed record, 0 before the first. */
  epoch: number
  /** The next record begins a new epoch: a reader was revoked, the asset changed hands, the epoch was forgotten. */
  isEpochDue: boolean
  /** What the next record cites: the transfer that made its epoch due. */
  cites: Uint8Array | null
  /** Epochs whose secrets may open records, ascending. */
  epochs: EpochSpan[]
}

/** A signed transaction that is not certified yet; it is sent again until it is. */
export interface PendingTransaction {
  /** Name of a stream, or what else the device speaks about: itself, `address/stream`. */
  sub: string
  sequence: number
  bytes: Uint8Array
  attachments: Uint8Array[]
  /** The epoch whose secret goes once this is certified. */
  erases: EpochName | null
}

export interface EpochName {
  stream: string
  epoch: number
}

/** A record of ours that the ledger will not take, or that turned up later: shown as a fork once another stands in its place. */
export interface SurfacedRecord {
  stream: string
  sequence: number
  bytes: Uint8Array
}

/** Somebody the owner lets read on: granted every epoch anew as it begins. */
export interface StandingReader {
  stream: string
  reader: string
  sealKeyNumber: number
  /** X25519, 32 bytes, as the owner signed for it. */
  sealKey: Uint8Array
  from: number
  to: number | null
  days: number
  /** Newest epoch that was granted, -1 before the first. */
  granted: number
}

/** What a device must never forget: forgetting it would mean signing another record for a place that it has signed for, or obeying somebody who sold the car. */
export interface DeviceState {
  streams: Map<string, StreamState>
  pending: PendingTransaction[]
  surfaced: SurfacedRecord[]
  /** Epochs whose secrets are to be deleted: forgetting them is certified. */
  erasures: EpochName[]
  pin: OwnerPin
  /** The last transfer that was followed since the device was pinned. */
  followed: Uint8Array | null
  readers: StandingReader[]
}

/** Where a device keeps its state. `save` returns when the bytes survive a loss of power; a crash leaves the old or the new state, nothing between. */
export interface DeviceStorage {
  load(): Promise<Uint8Array | null>
  save(bytes: Uint8Array): Promise<void>
}

const MAGIC = 'tt-device-state'

export function encodeState(state: DeviceState): Uint8Array {
  return encode([
    MAGIC,
    1,
    [...state.streams].map(([name, stream]) => [name, ...streamToCbor(stream)]),
    state.pending.map(({ sub, sequence, bytes, attachments, erases }) => [sub, sequence, bytes, attachments, erases && epochNameToCbor(erases)]),
    state.surfaced.map(({ stream, sequence, bytes }) => [stream, sequence, bytes]),
    state.erasures.map(epochNameToCbor),
    pinToCbor(state.pin),
    state.followed,
    state.readers.map(readerToCbor),
  ])
}

/** Reads a saved state (`malformed-cbor`, `wrong-shape`). */
export function decodeState(bytes: Uint8Array): DeviceState {
  const [magic, , streams, pending, surfaced, erasures, pin, followed, readers] = asVersioned(decode(bytes), 'device state', 9, 1)
  asExactly(magic, MAGIC, 'device state')
  return {
    streams: new Map(asArray(streams, 'device streams').map(streamFromCbor)),
    pending: asArray(pending, 'pending transactions').map(pendingFromCbor),
    surfaced: asArray(surfaced, 'surfaced records').map((item) => {
      const [stream, sequence, record] = asArray(item, 'surfaced record', 3)
      return { stream: asText(stream, 'stream name', 64), sequence: asUint(sequence, 'sequence'), bytes: asBytes(record, 'record') }
    }),
    erasures: asArray(erasures, 'erasures').map(epochNameFromCbor),
    pin: pinFromCbor(pin),
    followed: asNullable(followed, (id) => asBytes(id, 'transfer followed', 32)),
    readers: asArray(readers, 'readers').map(readerFromCbor),
  }
}

function streamToCbor({ next, head, epoch, isEpochDue, cites, epochs }: StreamState): Cbor[] {
  return [next, head, epoch, isEpochDue, cites, epochs.map((span) => [span.epoch, span.first, span.last])]
}

function streamFromCbor(item: Cbor): [string, StreamState] {
  const [name, next, head, epoch, isEpochDue, cites, epochs] = asArray(item, 'device stream', 7)
  const stream = {
    next: asUint(next, 'next sequence'),
    head: asNullable(head, (id) => asBytes(id, 'stream head', 32)),
    epoch: asUint(epoch, 'epoch'),
    isEpochDue: isEpochDue === true,
    cites: asNullable(cites, (id) => asBytes(id, 'citation', 32)),
    epochs: asArray(epochs, 'epochs').map((span): EpochSpan => {
      const [number, first, last] = asArray(span, 'epoch', 3)
      return { epoch: asUint(number, 'epoch'), first: asUint(first, 'first record'), last: asNullable(last, (record) => asUint(record, 'last record')) }
    }),
  }
  return [asText(name, 'stream name', 64), stream]
}

function pendingFromCbor(item: Cbor): PendingTransaction {
  const [sub, sequence, bytes, attachments, erases] = asArray(item, 'pending transaction', 5)
  return {
    sub: asText(sub, 'subject', 128),
    sequence: asUint(sequence, 'sequence'),
    bytes: asBytes(bytes, 'transaction'),
    attachments: asArray(attachments, 'attachments').map((attachment) => asBytes(attachment, 'attachment')),
    erases: asNullable(erases, epochNameFromCbor),
  }
}

function epochNameToCbor({ stream, epoch }: EpochName): Cbor[] {
  return [stream, epoch]
}

function epochNameFromCbor(item: Cbor): EpochName {
  const [stream, epoch] = asArray(item, 'epoch', 2)
  return { stream: asText(stream, 'stream name', 64), epoch: asUint(epoch, 'epoch') }
}

function readerToCbor({ stream, reader, sealKeyNumber, sealKey, from, to, days, granted }: StandingReader): Cbor[] {
  return [stream, reader, sealKeyNumber, sealKey, from, to, days, granted]
}

function readerFromCbor(item: Cbor): StandingReader {
  const [stream, reader, sealKeyNumber, sealKey, from, to, days, granted] = asArray(item, 'reader', 8)
  return {
    stream: asText(stream, 'stream name', 64),
    reader: asText(reader, 'reader', 64),
    sealKeyNumber: asUint(sealKeyNumber, 'seal key number', 255),
    sealKey: asBytes(sealKey, 'seal key', 32),
    from: asUint(from, 'first record'),
    to: asNullable(to, (record) => asUint(record, 'last record')),
    days: asUint(days, 'days'),
    granted: granted === -1 ? -1 : asUint(granted, 'epoch granted'),
  }
}
