import { decodeRow } from './codec.ts'
import type { Row } from './codec.ts'
import { encodeStateKey } from './key.ts'
import type { StateKey } from './key.ts'
import { stateRowKey } from '../row-keys.ts'
import type { RowReader } from '../store.ts'

/** Decoded entries kept in memory; above this many the oldest go. About 1 kB each. */
const CACHED_ROWS_MAX = 100_000

/** Something state can be read through: the committed state, or a block on top of another. */
export interface StateReader {
  row(key: StateKey): Row | null
}

/** The committed state, read from rows and kept decoded. */
export interface StateBase extends StateReader {
  /** What a commit wrote, by text of the key. */
  remember(changed: Iterable<[string, Row]>): void
  /** Forgets everything remembered: after a revert. */
  forget(): void
}

/** Text of a key for maps in memory; no id contains a space. */
export function stateKeyText(key: StateKey): string {
  return `${key.kind} ${key.ids.join(' ')}`
}

export function createStateBase(rows: RowReader): StateBase {
  const cache = new Map<string, Row>()
  const remember = (text: string, row: Row): void => {
    cache.set(text, row)
    if (cache.size > CACHED_ROWS_MAX) cache.delete(cache.keys().next().value as string)
  }
  return {
    row(key) {
      const text = stateKeyText(key)
      const cached = cache.get(text)
      if (cached !== undefined) return cached
      const bytes = rows.get(stateRowKey(encodeStateKey(key)))
      if (!bytes) return null
      const row = decodeRow(key.kind, bytes)
      remember(text, row)
      return row
    },
    remember(changed) {
      for (const [text, row] of changed) remember(text, row)
    },
    forget: () => cache.clear(),
  }
}
