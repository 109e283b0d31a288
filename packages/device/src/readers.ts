import { decodeTransaction, deriveCover, epochRoot, fail, sealGrant } from '@telltale/core'
import type { RefusedTransaction, StatementSignature } from '@telltale/core'
import type { DeviceComponents, EpochSecrets } from './components.ts'
import { requireInstruction } from './instruction.ts'
import type { ForgetInstruction, GrantInstruction, Instruction, RevokeInstruction } from './instruction.ts'
import type { Journal } from './journal.ts'
import type { Outbox } from './outbox.ts'
import type { EpochSpan, StandingReader, StreamState } from './state.ts'
import { nextEpoch } from './streams.ts'
import type { Streams } from './streams.ts'

/** Who may read what a device seals, as its owner says. */
export interface Readers {
  /** Does what the owner signed for, or refuses it with a code. What results goes out with the next `send`. */
  obey(instruction: Instruction, consent: StatementSignature): Promise<void>
  /** Takes back who is let read in what was refused, so that the owner may say it again. */
  withdraw(refused: RefusedTransaction): void
  /** Puts the grants into the outbox that standing readers lack: of the epoch at hand, and after a new one began. */
  grantDue(): Promise<void>
  /** Deletes the secrets of epochs whose forgetting is certified. */
  erase(): Promise<void>
}

const CALL_GRANT = 18
const CALL_FORGET = 19

export function createReaders(components: DeviceComponents, journal: Journal, outbox: Outbox, streams: Streams): Readers {
  const { address, network, secrets, primitives } = components
  const { state } = journal

  const grant = async (instruction: GrantInstruction): Promise<void> => {
    const { stream, reader, sealKeyNumber, sealKey, from, to, days } = instruction
    await requireCurrent(instruction)
    const isKnown = state.readers.some((item) => item.stream === stream && item.reader === reader && item.sealKeyNumber === sealKeyNumber && item.from === from && item.to === to)
    if (isKnown) throw fail('already-granted', `${reader} may read these records already.`, { expected: 'another reader or range', found: reader })
    state.readers.push({ stream, reader, sealKeyNumber, sealKey, from, to, days, granted: -1 })
    journal.touch()
  }

  const revoke = async (instruction: RevokeInstruction): Promise<void> => {
    await requireCurrent(instruction)
    const { stream, reader } = instruction
    state.readers = state.readers.filter((item) => item.stream !== stream || (reader !== null && item.reader !== reader))
    await streams.endEpoch(stream)
  }

  const forget = async ({ stream, epoch, from, to }: ForgetInstruction, consent: StatementSignature): Promise<void> => {
    const current = await streams.position(stream)
    if (epoch > current.epoch) throw fail('no-such-record', `No record of ${stream} belongs to epoch ${epoch} yet.`, { expected: `at most ${current.epoch}`, found: String(epoch) })
    const span = current.epochs.find((item) => item.epoch === epoch)
    const isWhole = span !== undefined && from <= span.first && reaches(to, span.last ?? current.next - 1)
    // Nothing that is recorded later may fall under it.
    if (epoch === current.epoch && reaches(to, current.next - 1)) await streams.endEpoch(stream)
    await outbox.say(address, CALL_FORGET, [stream, epoch, [from, to], [consent.keyNumber, consent.signature]], [], secrets && isWhole ? { stream, epoch } : undefined)
  }

  /** An instruction names the epoch that the next record will belong to: one from before that is a replay, or was overtaken. */
  const requireCurrent = async ({ stream, epoch }: GrantInstruction | RevokeInstruction): Promise<void> => {
    if (!secrets) throw fail('open-stream', 'This device records in the open: whoever has the records can read them. There is nothing to grant or to revoke.', { expected: 'a device that seals', found: 'open records' })
    const expected = nextEpoch(await streams.position(stream))
    if (epoch !== expected) throw fail('stale-instruction', 'The instruction was signed for another epoch: it was used before, or something changed since. Sign it anew.', { expected: `epoch ${expected}`, found: `epoch ${epoch}` })
  }

  /** Seals the keys of one epoch for a reader. */
  const seal = async (reader: StandingReader, epoch: number, range: { from: number; to: number | null }): Promise<void> => {
    const { stream, sealKeyNumber, sealKey, days } = reader
    const root = epochRoot({ network, device: address, stream, epoch }, await (secrets as EpochSecrets).get(stream, epoch), primitives)
    const info = { network, device: address, reader: reader.reader, sealKeyNumber, stream, epoch, ...range }
    const sealed = await sealGrant(sealKey, info, deriveCover(root, range.from, range.to, primitives), components.randomBytes(32))
    const attachment = [primitives.sha256(sealed), sealed.length]
    await outbox.say(address, CALL_GRANT, [reader.reader, sealKeyNumber, stream, epoch, [range.from, range.to], attachment, days], [sealed])
  }

  const grantReader = async (reader: StandingReader, current: StreamState): Promise<void> => {
    for (const span of current.epochs.filter((item) => item.epoch > reader.granted)) {
      const range = intersect(reader, span)
      if (range && (await (secrets as EpochSecrets).has(reader.stream, span.epoch))) await seal(reader, span.epoch, range)
      reader.granted = span.epoch
      journal.touch()
    }
  }

  return {
    async obey(instruction, consent) {
      await requireInstruction(state.pin.owner, { network, device: address }, instruction, consent, primitives)
      if (instruction.kind === 'grant') await grant(instruction)
      else if (instruction.kind === 'revoke') await revoke(instruction)
      else await forget(instruction, consent)
    },
    withdraw({ bytes }) {
      const { call, args } = decodeTransaction(bytes)
      if (call !== CALL_GRANT) return
      state.readers = state.readers.filter(({ stream, reader, sealKeyNumber }) => reader !== args[0] || sealKeyNumber !== args[1] || stream !== args[2])
      journal.touch()
    },
    async grantDue() {
      if (!secrets) return
      for (const reader of state.readers) {
        const current = state.streams.get(reader.stream)
        if (current) await grantReader(reader, current)
      }
      const isOver = ({ stream, to }: StandingReader): boolean => to !== null && to < (state.streams.get(stream)?.next ?? 0)
      const standing = state.readers.filter((reader) => !isOver(reader))
      if (standing.length < state.readers.length) journal.touch()
      state.readers = standing
    },
    async erase() {
      if (state.erasures.length === 0) return
      for (const { stream, epoch } of state.erasures) await secrets?.forget(stream, epoch)
      state.erasures = []
      journal.touch()
    },
  }
}

/** Whether a range that ends at `to` (null: never) includes the record `last`. */
function reaches(to: number | null, last: number): boolean {
  return to === null || to >= last
}

/** The records of an epoch that a reader may open, or null. */
function intersect(reader: StandingReader, span: EpochSpan): { from: number; to: number | null } | null {
  const from = Math.max(reader.from, span.first)
  const ends = [reader.to, span.last].filter((end) => end !== null)
  const to = ends.length === 0 ? null : Math.min(...ends)
  return to !== null && to < from ? null : { from, to }
}
