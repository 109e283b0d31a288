import { fail } from '@telltale/core'
import { readRecords } from '@telltale/node'
import type { Home } from '@telltale/node'

/** Records `--from` to `--to` of a stream, both included: by number, or by ISO time of what was observed. Null where none lies in the period. */
export async function resolveRange(home: Home, stream: string, count: number, options: { from?: string; to?: string }): Promise<{ from: number; to: number } | null> {
  const from = readWhere(options.from, '--from')
  const to = readWhere(options.to, '--to')
  const numbers = { from: from?.kind === 'number' ? from.value : 0, to: Math.min(to?.kind === 'number' ? to.value : count - 1, count - 1) }
  if (from?.kind !== 'time' && to?.kind !== 'time') return numbers.from <= numbers.to ? numbers : null
  let first: number | null = null
  let last: number | null = null
  for await (const { sequence, clear } of readRecords(home, stream, numbers.from, numbers.to)) {
    if (!clear) continue
    if (clear.clock !== 0) throw fail('usage', 'These records have no wall time; give record numbers instead.', { expected: 'record numbers', found: options.from ?? options.to ?? '' })
    if (from?.kind === 'time' && clear.firstMs + clear.durationMs < from.value) continue
    if (to?.kind === 'time' && clear.firstMs > to.value) continue
    first ??= sequence
    last = sequence
  }
  return first === null || last === null ? null : { from: first, to: last }
}

function readWhere(text: string | undefined, option: string): { kind: 'number' | 'time'; value: number } | null {
  if (text === undefined) return null
  if (/^\d{1,10}$/.test(text)) return { kind: 'number', value: Number(text) }
  const timeMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(timeMs)) throw fail('usage', `${option} ${text} is neither a record number nor an ISO time.`, { expected: '17 or 2026-01-31T12:00:00Z', found: text })
  return { kind: 'time', value: timeMs }
}
