import type { FileHandle } from 'node:fs/promises'
import { TelltaleError, asArray, asNullable, asText, asUint, judge, recordArgsFromCbor } from '@telltale/core'
import type { Transaction } from '@telltale/core'
import { decodeBlock, isPastRetention, networkAt, parametersFromCbor } from '@telltale/ledger'
import type { Ledger, ReadTransaction } from '@telltale/ledger'
import { readChainItems } from './chain-file.ts'

/** What a chain file says of why bodies may be missing in it. */
export interface LackingBodies {
  /** Whether bytes that a transaction of a block of this time names may be gone: past the network's retention, forgotten, or of a grant whose days are over. */
  mayLack(read: ReadTransaction, blockTimeMs: number): boolean
}

interface ForgottenRange {
  /** `device stream epoch`. */
  of: string
  from: number
  to: number
}

const [CALL_RECORD, CALL_GRANT, CALL_FORGET, CALL_PROPOSE] = [16, 18, 19, 32]

/**
 * Looks through a whole file for what its blocks say: the newest time, what was forgotten, and the shortest retention that was chosen or proposed. None of it is checked
 * yet: each block is when it is taken, up to the last one, and whoever takes a file whose end is refused is told. A damaged or cut file is looked through up to there.
 */
export async function findLackingBodies(ledger: Ledger, file: FileHandle): Promise<LackingBodies> {
  let newestMs = 0
  let shortestMs = Number.POSITIVE_INFINITY
  const shorten = (retentionMs: number | null): void => void (shortestMs = Math.min(shortestMs, retentionMs ?? Number.POSITIVE_INFINITY))
  for (const { value } of networkAt(ledger.position).parameters) shorten(value.retentionMs)
  const forgotten = new Map<string, ForgottenRange[]>()
  const look = ({ transaction }: ReadTransaction): void => {
    const { call, args } = transaction
    if (call === CALL_PROPOSE && args[0] === 'parameters') shorten(parametersFromCbor(args[1]).retentionMs)
    if (call !== CALL_FORGET) return
    const range = rangeOf(transaction, 0)
    forgotten.set(range.of, [...(forgotten.get(range.of) ?? []), range])
  }
  try {
    for await (const { item } of readChainItems(file)) {
      if (item.kind !== 'block') continue
      const { header, transactions } = decodeBlock(item.bytes)
      newestMs = header.timeMs
      for (const bytes of transactions) {
        const read = ledger.read(bytes)
        if (read.ok) look(read.value)
      }
    }
  } catch (error) {
    // Told where the block or the place is reached.
    if (!(error instanceof TelltaleError)) throw error
  }
  return {
    mayLack(read, blockTimeMs) {
      // Nothing tells a forgotten body from another where nobody promised to keep bodies for so long.
      if (shortestMs === Number.POSITIVE_INFINITY || isPastRetention(blockTimeMs, shortestMs, newestMs)) return true
      const keptUntilMs = read.call.keptUntilMs?.(read.args, blockTimeMs)
      if (keptUntilMs !== undefined && keptUntilMs <= newestMs) return true
      const own = judge(() => ownRange(read.transaction))
      return own.ok && own.value !== null && (forgotten.get(own.value.of) ?? []).some(({ from, to }) => from <= own.value!.from && own.value!.to <= to)
    },
  }
}

/** The records that a record or grant is about; null for everything else. */
function ownRange(transaction: Transaction): ForgottenRange | null {
  const { iss, sub, call, sequence, args } = transaction
  if (call === CALL_GRANT) return rangeOf(transaction, 2)
  if (call !== CALL_RECORD) return null
  const { content } = recordArgsFromCbor(args)
  return { of: `${iss} ${sub} ${content.kind === 'sealed' ? content.epoch : 0}`, from: sequence, to: sequence }
}

/** Stream, epoch and range stand behind one another in the arguments of forget and grant. */
function rangeOf({ iss, args }: Transaction, at: number): ForgottenRange {
  const [stream, epoch, range] = args.slice(at)
  const of = `${iss} ${asText(stream, 'stream', 64)} ${asUint(epoch, 'epoch')}`
  const [from, to] = asArray(range, 'range of records', 2)
  return { of, from: asUint(from, 'first record'), to: asNullable(to, (last) => asUint(last, 'last record')) ?? Number.POSITIVE_INFINITY }
}
