import { NO_PREVIOUS, TelltaleError, createRecordKeys, decodeTransaction, encode, epochRoot, fail, readingsToBody, recordArgsToCbor, sealRecord, signTransaction, transactionId } from '@telltale/core'
import type { Cbor, Clear, Clock, Primitives, RecordArgs, RecordKeys, RecordReading, Signer } from '@telltale/core'
import { decodeState, encodeState } from './state.ts'
import type { DeviceState, DeviceStorage, PendingRecord, StreamState } from './state.ts'

/** Where the ledger says a stream stands. */
export interface StreamHead {
  count: number
  head: Uint8Array
  epoch: number
}

/** The way to the ledger: a node in this process, or a gateway. */
export interface Submitter {
  /** Resolves when certified; rejects with a coded error where it is refused. */
  submit(submission: { bytes: Uint8Array; attachments: Uint8Array[] }): Promise<unknown>
  /** Where a stream of this device stands, or null where there is none. */
  streamHead(device: string, stream: string): Promise<StreamHead | null>
}

/** Secrets under which streams are sealed, one an epoch. */
export interface EpochSecrets {
  /** The secret of an epoch, made if there is none yet; 32 bytes. */
  get(stream: string, epoch: number): Promise<Uint8Array>
  has(stream: string, epoch: number): Promise<boolean>
}

export interface DeviceComponents {
  signer: Signer
  address: string
  network: Uint8Array
  storage: DeviceStorage
  submitter: Submitter
  /** Null records in the open. */
  secrets: EpochSecrets | null
  primitives: Primitives
  /** Six random bytes: one start of the device. */
  randomBoot(): Uint8Array
}

/** A device's side of its streams: batches in, linked, sealed, signed and certified records out. */
export interface Device {
  /** Signs a record and keeps it; it is safe from `flush` on. */
  record(stream: string, clock: Clock, readings: RecordReading[]): Promise<void>
  /** Makes everything signed so far durable, then sends it and waits until it is certified. */
  flush(): Promise<void>
  /** The device was started anew: later records carry another boot number. */
  restart(): void
  /** Records that the ledger refused for good, with why. */
  readonly refused: { record: PendingRecord; code: string; message: string }[]
  /** Streams that went on with a resume since the state was lost. */
  readonly resumed: string[]
}

const CALL_RECORD = 16
const CALL_RESUME = 17
/** Answers that mean the ledger holds the record already. */
const ALREADY = 'already-included'

/** Opens a device: what was signed but not certified is sent again; a lost state ends in a resume. */
export async function openDevice(components: DeviceComponents): Promise<Device> {
  const { signer, address, network, storage, submitter, primitives } = components
  const saved = await storage.load()
  const state: DeviceState = saved ? decodeState(saved) : { streams: new Map(), pending: [] }
  const refused: Device['refused'] = []
  const resumed: string[] = []
  const keys = new Map<string, RecordKeys>()
  let boot = components.randomBoot()
  let isSaved = true

  const keep = async (stream: string, call: number, current: StreamState, args: Cbor[], body: Uint8Array | null): Promise<void> => {
    const bytes = await signTransaction({ network: network.subarray(0, 16), iss: address, sub: stream, call, sequence: current.next, args }, signer)
    state.pending.push({ stream, sequence: current.next, bytes, body })
    state.streams.set(stream, { ...current, next: current.next + 1, head: transactionId(decodeTransaction(bytes), primitives) })
    isSaved = false
  }

  const streamState = async (stream: string): Promise<StreamState> => {
    const known = state.streams.get(stream)
    if (known) return known
    const head = await submitter.streamHead(address, stream)
    if (!head) throw fail('unknown-stream', `The device has no stream ${stream}; add it first.`, { expected: 'a stream of the device', found: stream })
    if (head.count === 0) return { next: 0, head: NO_PREVIOUS, epoch: await firstEpoch(stream, 0) }
    await keep(stream, CALL_RESUME, { next: head.count, head: head.head, epoch: head.epoch }, [head.head, boot, 'state lost'], null)
    resumed.push(stream)
    const next = state.streams.get(stream) as StreamState
    return { ...next, epoch: await firstEpoch(stream, head.epoch) }
  }

  /** The epoch to go on in: the ledger's, unless its secret is gone; then a new one. */
  const firstEpoch = async (stream: string, epoch: number): Promise<number> => {
    if (!components.secrets || epoch === 0 || (await components.secrets.has(stream, epoch))) return epoch
    return epoch + 1
  }

  const recordKeys = async (stream: string, epoch: number): Promise<RecordKeys> => {
    const name = `${stream} ${epoch}`
    const known = keys.get(name)
    if (known) return known
    if (!components.secrets) throw fail('no-secrets', 'The device has no secrets to seal with.')
    const root = epochRoot({ network, device: address, stream, epoch }, await components.secrets.get(stream, epoch), primitives)
    const made = createRecordKeys([root], primitives)
    keys.set(name, made)
    return made
  }

  const makeBody = async (stream: string, current: StreamState, clear: Clear, readings: Cbor[]): Promise<{ content: RecordArgs['content']; body: Uint8Array }> => {
    if (!components.secrets) return { content: { kind: 'open', clear }, body: encode(readings) }
    const { epoch, next, head } = current
    const key = (await recordKeys(stream, epoch))(next) as Uint8Array
    const place = { context: { network, device: address, stream, epoch }, sequence: next, previous: head, boot }
    return { content: { kind: 'sealed', epoch }, body: sealRecord(key, place, { clear, readings }, primitives) }
  }

  const save = async (): Promise<void> => {
    if (isSaved) return
    await storage.save(encodeState(state))
    isSaved = true
  }

  const send = async (): Promise<void> => {
    const sent = state.pending
    const answers = await Promise.allSettled(sent.map(({ bytes, body }) => submitter.submit({ bytes, attachments: body ? [body] : [] })))
    answers.forEach((answer, i) => {
      if (answer.status === 'fulfilled') return
      const error: unknown = answer.reason
      if (!(error instanceof TelltaleError)) throw error
      if (error.code === ALREADY) return
      if (!isPermanent(error.code)) throw error
      const record = sent[i] as PendingRecord
      refused.push({ record, code: error.code, message: error.message })
      // What we believe about this stream is wrong: the next record asks the ledger where it stands.
      state.streams.delete(record.stream)
    })
    state.pending = []
    isSaved = false
  }

  await send()
  return {
    refused,
    resumed,
    async record(stream, clock, readings) {
      const { body: senml, extent } = readingsToBody(readings)
      const current = await streamState(stream)
      const { content, body } = await makeBody(stream, current, { clock, ...extent }, senml)
      const args = recordArgsToCbor({ previous: current.head, boot, content, body: { sha256: primitives.sha256(body), length: body.length }, cites: null })
      await keep(stream, CALL_RECORD, current, args, body)
    },
    async flush() {
      await save()
      if (state.pending.length > 0) await send()
      await save()
    },
    restart() {
      boot = components.randomBoot()
    },
  }
}

/** Refusals that sending again cannot change. Everything else is tried again. */
function isPermanent(code: string): boolean {
  return ['sequence-taken', 'previous-mismatch', 'role-not-in-force', 'key-not-in-force', 'invalid-signature', 'wrong-network', 'stream-full', 'wrong-epoch', 'unknown-stream'].includes(code)
}
