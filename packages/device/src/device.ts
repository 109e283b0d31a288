import { TelltaleError, fail } from '@telltale/core'
import type { Clock, RecordReading, RefusedTransaction, StatementSignature } from '@telltale/core'
import type { DeviceComponents } from './components.ts'
import { createForks } from './forks.ts'
import type { Forks, ShownFork } from './forks.ts'
import type { Instruction } from './instruction.ts'
import { createTurns, openJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { createOutbox } from './outbox.ts'
import type { Outbox } from './outbox.ts'
import { followOwner } from './owner.ts'
import type { OwnerPin, OwnerStep } from './owner.ts'
import { createReaders } from './readers.ts'
import type { Readers } from './readers.ts'
import type { StandingReader } from './state.ts'
import { createStreams, nextEpoch } from './streams.ts'
import type { Streams } from './streams.ts'

/** A device's side of its streams: batches in, linked, sealed, signed and certified records out. Calls are done one after the other. */
export interface Device {
  /** Signs a record and keeps it; it is safe from `flush` on. */
  record(stream: string, clock: Clock, readings: RecordReading[]): Promise<void>
  /** Makes everything signed so far durable, then sends it and waits until it is certified. What fails for the moment is tried again by the next. */
  flush(): Promise<void>
  /** The device was started anew: later records carry another boot number. */
  restart(): void
  /** Obeys its owner: grants, revokes, forgets, and flushes. Rejects with the code where the ledger refuses what came of it. */
  obey(instruction: Instruction, consent: StatementSignature): Promise<void>
  /** Follows the owner through a transfer or a rotated key, and saves whom it obeys from now on. After a transfer every stream begins a new epoch. */
  follow(step: OwnerStep): Promise<void>
  /** Takes up a record of ours from before a loss of state; the next flush shows it as a fork if another stands in its place. */
  surface(record: Uint8Array): Promise<void>
  /** Gives up what the ledger has lost of a stream: what waits is put aside, and the next record resumes from where the ledger stands. */
  giveUp(stream: string): Promise<void>
  /** The epoch that the next record of a stream will belong to, as instructions have to name it. */
  nextEpoch(stream: string): Promise<number>
  /** Whom it obeys. */
  readonly pin: OwnerPin
  /** Who may read on. */
  readonly readers: readonly Readonly<StandingReader>[]
  /** What authorities refused for good since it was opened. */
  readonly refused: RefusedTransaction[]
  /** Streams that went on with a resume since the state was lost. */
  readonly resumed: string[]
  /** Places that it had signed for twice, and told the ledger. */
  readonly forks: ShownFork[]
}

interface Parts {
  journal: Journal
  outbox: Outbox
  streams: Streams
  readers: Readers
  forks: Forks
}

/**
 * Opens a device: what was signed but not certified is sent again, what it believes is compared with the ledger, and what the ledger holds another record for is
 * shown as a fork. Without a way to the ledger it opens all the same and goes on recording; the next flush tries again.
 */
export async function openDevice(components: DeviceComponents): Promise<Device> {
  const journal = await openJournal(components.storage, components.pin)
  const { state } = journal
  const outbox = createOutbox(components, journal)
  const streams = createStreams(components, journal, outbox)
  const readers = createReaders(components, journal, outbox, streams)
  const forks = createForks(components, journal, outbox)
  const flush = createFlush({ journal, outbox, streams, readers, forks })
  const turn = createTurns()
  try {
    await flush()
  } catch (error) {
    // No way to the ledger, or it says "later": the next flush says so to whoever waits for it.
    if (!(error instanceof TelltaleError)) throw error
  }
  return {
    record: (stream, clock, readings) => turn(() => streams.record(stream, clock, readings)),
    flush: () => turn(flush),
    restart: () => void turn(async () => streams.restart()),
    obey: (instruction, consent) =>
      turn(async () => {
        const before = outbox.refused.length
        await readers.obey(instruction, consent)
        await flush()
        const refused = outbox.refused.slice(before).filter((item) => item.sub === components.address)
        for (const item of refused) readers.withdraw(item)
        await journal.save()
        if (refused[0]) throw fail(refused[0].code, refused[0].message)
      }),
    follow: (step) =>
      turn(async () => {
        const { transfers } = state.pin
        const pin = await followOwner(state.pin, step, components.network, components.primitives)
        state.pin = pin
        if (pin.transfers > transfers) {
          // Whoever the owner before let read reads no further.
          state.readers = []
          await streams.transferred(pin.lastTransfer)
        }
        journal.touch()
        await journal.save()
      }),
    surface: (record) => turn(async () => forks.surface(record)),
    giveUp: (stream) =>
      turn(async () => {
        const waiting = state.pending.filter((transaction) => transaction.sub === stream)
        await outbox.putAside(waiting.map((transaction) => ({ transaction, code: 'given-up', message: 'The ledger lost what this record continues.', refusal: null })))
        state.streams.delete(stream)
        journal.touch()
        await journal.save()
      }),
    nextEpoch: (stream) => turn(async () => nextEpoch(await streams.position(stream))),
    get pin() {
      return state.pin
    },
    get readers() {
      return state.readers
    },
    refused: outbox.refused,
    resumed: streams.resumed,
    forks: forks.shown,
  }
}

/** Everything that is signed becomes durable first; only then does it leave. */
function createFlush({ journal, outbox, streams, readers, forks }: Parts): () => Promise<void> {
  let isReconciled = false
  const send = async (): Promise<void> => {
    await journal.save()
    await outbox.send()
  }
  const sendAll = async (): Promise<void> => {
    try {
      await send()
    } catch (error) {
      // A gap is either not yet filled, or what filled it is gone from the ledger: the latter deserves its own words.
      if (!isReconciled && error instanceof TelltaleError && error.code === 'gap') await streams.reconcile()
      throw error
    }
  }
  return async () => {
    await sendAll()
    if (!isReconciled) await streams.reconcile()
    isReconciled = true
    await readers.grantDue()
    while ((await forks.show()) || journal.state.pending.length > 0) await send()
    await readers.erase()
    await journal.save()
  }
}
