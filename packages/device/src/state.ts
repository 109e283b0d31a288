import { asArray, asBytes, asExactly, asText, asUint, decode, encode } from '@telltale/core'

/** Where a stream stands: what the next record continues. */
export interface StreamState {
  /** Sequence of the next transaction. */
  next: number
  /** Id of the last transaction, 32 zero bytes before the first. */
  head: Uint8Array
  epoch: number
}

/** A signed record that is not certified yet; it is sent again until it is. */
export interface PendingRecord {
  stream: string
  sequence: number
  bytes: Uint8Array
  body: Uint8Array | null
}

/** What a device must never forget: forgetting it would mean signing another record for a place that it has signed for. */
export interface DeviceState {
  streams: Map<string, StreamState>
  pending: PendingRecord[]
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
    [...state.streams].map(([name, { next, head, epoch }]) => [name, next, head, epoch]),
    state.pending.map(({ stream, sequence, bytes, body }) => [stream, sequence, bytes, body]),
  ])
}

/** Reads a saved state (`malformed-cbor`, `wrong-shape`). */
export function decodeState(bytes: Uint8Array): DeviceState {
  const [magic, version, streams, pending] = asArray(decode(bytes), 'device state', 4)
  asExactly(magic, MAGIC, 'device state')
  asExactly(version, 1, 'device state version')
  return {
    streams: new Map(
      asArray(streams, 'device streams').map((item) => {
        const [name, next, head, epoch] = asArray(item, 'device stream', 4)
        return [asText(name, 'stream name', 64), { next: asUint(next, 'next sequence'), head: asBytes(head, 'stream head', 32), epoch: asUint(epoch, 'epoch') }]
      }),
    ),
    pending: asArray(pending, 'pending records').map((item) => {
      const [stream, sequence, transaction, body] = asArray(item, 'pending record', 4)
      return { stream: asText(stream, 'stream name', 64), sequence: asUint(sequence, 'sequence'), bytes: asBytes(transaction, 'transaction'), body: body === null ? null : asBytes(body, 'body') }
    }),
  }
}
