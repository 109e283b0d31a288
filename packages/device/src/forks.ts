import { bytesToHex, decodeTransaction, equalBytes, fail, isName, transactionId } from '@telltale/core'
import type { DeviceComponents } from './components.ts'
import type { Journal } from './journal.ts'
import type { Outbox } from './outbox.ts'
import type { SurfacedRecord } from './state.ts'

/** A place that the device signed for twice, and says so itself. */
export interface ShownFork {
  stream: string
  sequence: number
}

/** Records of ours that turned up although another stands in their place, or will. */
export interface Forks {
  /** Takes up a record from before a loss of state, as an older file or a gateway had it (`not-ours`). */
  surface(record: Uint8Array): void
  /** Puts a fork note into the outbox for every place that another record has taken by now. True if there was one. */
  show(): Promise<boolean>
  readonly shown: ShownFork[]
}

const CALL_RECORD = 16
const CALL_RESUME = 17
const CALL_FORK = 26

export function createForks({ address, submitter, primitives }: DeviceComponents, journal: Journal, outbox: Outbox): Forks {
  const { state } = journal
  const shown: ShownFork[] = []

  const idOf = (record: Uint8Array): Uint8Array => transactionId(decodeTransaction(record), primitives)

  /** What became of one: it is in the ledger after all, its place is free (wait), or a note was signed. */
  const settle = async ({ stream, sequence, bytes }: SurfacedRecord): Promise<'included' | 'waiting' | 'shown'> => {
    const standing = await submitter.recordAt(address, stream, sequence)
    if (!standing) return 'waiting'
    const [one, other] = [idOf(bytes), idOf(standing)]
    if (equalBytes(one, other)) return 'included'
    const pair = bytesToHex(one) < bytesToHex(other) ? [bytes, standing] : [standing, bytes]
    await outbox.say(`${address}/${stream}`, CALL_FORK, pair, [])
    shown.push({ stream, sequence })
    return 'shown'
  }

  return {
    shown,
    surface(record) {
      const { iss, sub, call, sequence } = decodeTransaction(record)
      if (iss !== address || !isName(sub) || (call !== CALL_RECORD && call !== CALL_RESUME)) {
        throw fail('not-ours', 'This is not a record of this device.', { expected: `a record by ${address}`, found: `call ${call} by ${iss}` })
      }
      if (state.surfaced.some((item) => equalBytes(item.bytes, record))) return
      state.surfaced.push({ stream: sub, sequence, bytes: record })
      journal.touch()
    },
    async show() {
      let isShown = false
      // `settle` puts a new list in the place of this one; the old one is walked to its end.
      for (const surfaced of state.surfaced) {
        const outcome = await settle(surfaced)
        if (outcome === 'waiting') continue
        // In one step with the note's place in the outbox: saved together, or not at all.
        state.surfaced = state.surfaced.filter((item) => item !== surfaced)
        journal.touch()
        isShown ||= outcome === 'shown'
      }
      return isShown
    },
  }
}
