import { ATTACHMENT_BYTES_MAX, NO_PREVIOUS, createRecordKeys, encode, epochRoot, equalBytes, fail, readingsToBody, recordArgsToCbor, sealRecord } from '@telltale/core'
import type { Cbor, Clear, Clock, RecordArgs, RecordKeys, RecordReading } from '@telltale/core'
import type { DeviceComponents, EpochSecrets } from './components.ts'
import type { Journal } from './journal.ts'
import type { Outbox } from './outbox.ts'
import type { EpochSpan, StreamState } from './state.ts'

/** The streams of a device: where each stands, its epochs, and the records that continue it. */
export interface Streams {
  /** Signs a record of these readings and puts it into the outbox. */
  record(stream: string, clock: Clock, readings: RecordReading[]): Promise<void>
  /** Where a stream stands; after a loss of state that begins with a resume. */
  position(stream: string): Promise<KnownStream>
  /** Makes the next record of a stream begin a new epoch. Its secret is made at once, so that a device that loses its state still knows. */
  endEpoch(stream: string): Promise<void>
  /** After a transfer: every stream begins a new epoch and says why. */
  transferred(transferId: Uint8Array): Promise<void>
  /** Compares what we believe with the ledger, once it holds everything that we sent. */
  reconcile(): Promise<void>
  /** Later records carry another boot number. */
  restart(): void
  /** Streams that went on with a resume since the state was lost. */
  readonly resumed: string[]
}

/** A stream whose head is known. */
type KnownStream = StreamState & { head: Uint8Array }

const CALL_RECORD = 16
const CALL_RESUME = 17

/** The epoch that the next record of a stream belongs to. */
export function nextEpoch({ epoch, isEpochDue }: StreamState): number {
  return isEpochDue ? epoch + 1 : epoch
}

export function createStreams(components: DeviceComponents, journal: Journal, outbox: Outbox): Streams {
  const { address, network, submitter, secrets, primitives } = components
  const { state } = journal
  const keys = createKeyMemory(components)
  const resumed: string[] = []
  let boot = components.randomBytes(6)

  const position = async (stream: string): Promise<KnownStream> => {
    const known = state.streams.get(stream)
    if (known && hasHead(known)) return known
    const head = await submitter.streamHead(address, stream)
    if (!head) throw fail('unknown-stream', `The device has no stream ${stream}; add it first.`, { expected: 'a stream of the device', found: stream })
    // Whoever answers may be behind, or lie: no place is signed for twice, and no epoch that ended begins again.
    if (known && head.count < known.next) throw ledgerBehind(stream, known.next, head.count)
    const lost = head.count > 0
    const epoch = Math.max(head.epoch, known?.epoch ?? 0)
    const isEpochDue = secrets !== null && (known?.isEpochDue === true || (await isEpochOver(secrets, stream, epoch, lost, state.followed !== null)))
    const before: KnownStream = {
      next: head.count,
      head: lost ? head.head : NO_PREVIOUS,
      epoch,
      isEpochDue,
      cites: isEpochDue && state.pin.transfers > 0 ? state.pin.lastTransfer : null,
      epochs: lost ? spansAfterLoss(epoch, head.count, isEpochDue) : [],
    }
    if (!lost) return before
    await outbox.write(stream, before, CALL_RESUME, [head.head, boot, 'state lost'], [])
    resumed.push(stream)
    return state.streams.get(stream) as KnownStream
  }

  /** The stream as the next record finds it: in its epoch, or at the beginning of a new one. */
  const enterEpoch = async (stream: string, current: KnownStream): Promise<KnownStream> => {
    if (!secrets) return current
    const open = current.epochs.at(-1)
    const isGoingOn = open !== undefined && open.last === null
    if (isGoingOn && !current.isEpochDue && (await secrets.has(stream, current.epoch))) return current
    const epoch = current.isEpochDue || isGoingOn ? current.epoch + 1 : current.epoch
    const closed = current.epochs.map((span) => (span.last === null ? { ...span, last: current.next - 1 } : span))
    return { ...current, epoch, isEpochDue: false, epochs: [...closed, { epoch, first: current.next, last: null }] }
  }

  const makeBody = async (stream: string, current: KnownStream, clear: Clear, readings: Cbor[]): Promise<{ content: RecordArgs['content']; body: Uint8Array }> => {
    if (!secrets) return { content: { kind: 'open', clear }, body: encode(readings) }
    const { epoch, next, head } = current
    const key = (await keys(stream, epoch))(next) as Uint8Array
    const place = { context: { network, device: address, stream, epoch }, sequence: next, previous: head, boot }
    return { content: { kind: 'sealed', epoch }, body: sealRecord(key, place, { clear, readings }, primitives) }
  }

  const markEpochDue = async (stream: string, current: StreamState, cites: Uint8Array | null): Promise<void> => {
    if (secrets) await secrets.get(stream, nextEpoch({ ...current, isEpochDue: true }))
    state.streams.set(stream, { ...current, isEpochDue: secrets !== null, cites: cites ?? current.cites })
    journal.touch()
  }

  return {
    resumed,
    position,
    async record(stream, clock, readings) {
      const { body: senml, extent } = readingsToBody(readings)
      const current = await enterEpoch(stream, await position(stream))
      const { content, body } = await makeBody(stream, current, { clock, ...extent }, senml)
      if (body.length > ATTACHMENT_BYTES_MAX) throw fail('record-too-large', `The readings of one record take ${body.length} bytes; record them in smaller batches.`, { expected: `at most ${ATTACHMENT_BYTES_MAX} bytes`, found: String(body.length) })
      const args = recordArgsToCbor({ previous: current.head, boot, content, body: { sha256: primitives.sha256(body), length: body.length }, cites: current.cites })
      await outbox.write(stream, { ...current, cites: null }, CALL_RECORD, args, [body])
    },
    endEpoch: async (stream) => markEpochDue(stream, await position(stream), null),
    async transferred(transferId) {
      state.followed = transferId
      for (const [stream, current] of state.streams) await markEpochDue(stream, current, transferId)
      journal.touch()
    },
    async reconcile() {
      for (const [stream, current] of state.streams) {
        const { next, head } = current
        const held = await submitter.streamHead(address, stream)
        if (!held || held.count < next) throw ledgerBehind(stream, next, held?.count ?? 0)
        // Somebody went on with a newer state than ours: the next record resumes from where the ledger stands.
        if (!head || (held.count === next && (next === 0 || equalBytes(held.head, head)))) continue
        state.streams.set(stream, { ...current, head: null })
        journal.touch()
      }
    },
    restart() {
      boot = components.randomBytes(6)
    },
  }
}

function hasHead(stream: StreamState): stream is KnownStream {
  return stream.head !== null
}

/** Whether the next record has to begin an epoch, as seen by a device that does not know where the stream stands. */
async function isEpochOver(secrets: EpochSecrets, stream: string, epoch: number, lost: boolean, isTransferred: boolean): Promise<boolean> {
  const hasSecret = await secrets.has(stream, epoch)
  // The next secret is there when the epoch was ended and no record has begun the new one yet.
  const isEnded = await secrets.has(stream, epoch + 1)
  return isEnded || (hasSecret ? isTransferred : lost)
}

/** All we know after a loss: any of the records may belong to any of the epochs. */
function spansAfterLoss(epoch: number, count: number, isEpochDue: boolean): EpochSpan[] {
  return Array.from({ length: epoch + 1 }, (_, number) => ({ epoch: number, first: 0, last: number === epoch && !isEpochDue ? null : count - 1 }))
}

function ledgerBehind(stream: string, next: number, count: number): Error {
  return fail(
    'ledger-behind',
    `The ledger holds fewer records of ${stream} than it has certified for this device. Wait until the node has caught up; if the network lost them for good, tell the device to resume.`,
    { expected: `${next} records`, found: String(count) },
  )
}

/** Keys of the newest epoch of each stream, derived once. */
function createKeyMemory({ network, address, secrets, primitives }: DeviceComponents): (stream: string, epoch: number) => Promise<RecordKeys> {
  const known = new Map<string, { epoch: number; keys: RecordKeys }>()
  return async (stream, epoch) => {
    const memory = known.get(stream)
    if (memory?.epoch === epoch) return memory.keys
    const secret = await (secrets as EpochSecrets).get(stream, epoch)
    const keys = createRecordKeys([epochRoot({ network, device: address, stream, epoch }, secret, primitives)], primitives)
    known.set(stream, { epoch, keys })
    return keys
  }
}
