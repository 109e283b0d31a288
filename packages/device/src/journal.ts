import { fail, judge } from '@telltale/core'
import { decodeState, encodeState } from './state.ts'
import type { DeviceState, DeviceStorage } from './state.ts'
import type { OwnerPin } from './owner.ts'

/** The state of a device in memory, and the one way in which it becomes durable. */
export interface Journal {
  readonly state: DeviceState
  /** Says that the state has changed. */
  touch(): void
  /** Returns when everything so far survives a loss of power. */
  save(): Promise<void>
}

/** Opens what is stored, or begins anew with the pin of the enrolment (`device-state-damaged`). */
export async function openJournal(storage: DeviceStorage, pin: OwnerPin): Promise<Journal> {
  const saved = await storage.load()
  const state: DeviceState = saved ? readState(saved) : { streams: new Map(), pending: [], surfaced: [], erasures: [], pin, followed: null, readers: [] }
  let isSaved = saved !== null
  return {
    state,
    touch: () => void (isSaved = false),
    async save() {
      if (isSaved) return
      await storage.save(encodeState(state))
      isSaved = true
    },
  }
}

function readState(saved: Uint8Array): DeviceState {
  const read = judge(() => decodeState(saved))
  if (read.ok) return read.value
  throw fail('device-state-damaged', 'The saved state of the device cannot be read. Bring back its newest backup, or move it away: the device then goes on from where the ledger stands, and says so.', {
    expected: 'a state as it was saved',
    found: read.verdict.message,
  })
}

/** Runs work one after the other, in the order in which it was asked for; a failure does not stop what comes next. */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
}
