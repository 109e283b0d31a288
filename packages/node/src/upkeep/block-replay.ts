import { TelltaleError, assert, bytesToHex, bytesToMapKey, compareBytes, equalBytes, errorToVerdict, fail, isValidSignature, statementCheck } from '@telltale/core'
import type { Primitives, SignatureCheck } from '@telltale/core'
import { blockId, decodeBlock, executeStored, genesisPace, highestId, nextDifficulty, openLedger, paceAfter, sealRightAt } from '@telltale/ledger'
import type { Block, Execution, Ledger, Pace, RowChange, Store, StoredBlock } from '@telltale/ledger'
import type { ReplayBlock } from '@telltale/storage'

/** What a replay has looked at so far. */
export interface ReplayCounts {
  transactions: number
  signatures: number
}

type RowsBelow = Pick<Store, 'get' | 'scan'>

/**
 * Executes blocks again, one after the other, for a check of the rows. Of each block, in order: its id, its work, its sealer and seal, every root of its header, and
 * every signature of every transaction under the keys that were in force. Verdicts: `wrong-block-id`, `insufficient-work`, `not-an-authority`, `invalid-signature`,
 * `root-mismatch`, `invalid-transaction`, `previous-hash-mismatch` and those of the readers.
 */
export function createBlockReplay(primitives: Primitives): { replay: ReplayBlock; counts: ReplayCounts } {
  const counts: ReplayCounts = { transactions: 0, signatures: 0 }
  const scratch = createScratchStore()
  let ledger: Ledger | null = null
  let pace: Pace = genesisPace(0)
  const replay: ReplayBlock = async (block, rows) => {
    try {
      scratch.begin(block, rows)
      if (ledger) pace = await replayOn(ledger, pace, block, primitives, counts)
      else {
        ledger = await openLedger({ store: scratch.store, primitives })
        requireId(primitives.sha256(block.bytes), block)
        pace = genesisPace(ledger.position.timeMs)
      }
      return { rows: scratch.takeRows() }
    } catch (error) {
      if (error instanceof TelltaleError) return errorToVerdict(error)
      throw error
    }
  }
  return { replay, counts }
}

/** Answers with what the block says of the work that comes next. */
async function replayOn(ledger: Ledger, below: Pace, stored: StoredBlock, primitives: Primitives, counts: ReplayCounts): Promise<Pace> {
  const block = decodeBlock(stored.bytes)
  requireId(blockId(block.headerBytes, primitives), stored)
  requireWork(ledger, below, block, stored)
  const seal = sealCheck(ledger, block)
  if (!(await isValidSignature(seal, primitives))) throw fail('invalid-signature', `The seal of block ${stored.height} does not hold.`, { expected: 'a seal of its sealer', found: 'another signature' })
  const { execution } = executeStored(ledger, stored)
  counts.transactions += execution.transactions.length
  counts.signatures += 1 + (await checkSignatures(ledger, execution, primitives))
  await ledger.commit(execution, stored, [], true)
  return paceAfter(below, block.header)
}

function requireId(found: Uint8Array, { height, id }: StoredBlock): void {
  if (!equalBytes(found, id)) throw fail('wrong-block-id', `Block ${height} is stored under another id than it has.`, { expected: bytesToHex(found), found: bytesToHex(id) })
}

function sealCheck(ledger: Ledger, { header, headerBytes, seal }: Block): SignatureCheck {
  const held = sealRightAt(ledger.position, header.height, header.sealer)?.keys.find(({ number }) => number === seal.keyNumber)
  if (!held) throw fail('not-an-authority', `Block ${header.height} was sealed by nobody who may.`, { expected: 'whoever may seal, and its key', found: `${bytesToHex(header.sealer)}, key ${seal.keyNumber}` })
  return statementCheck('seal', ledger.network, [headerBytes], held.key, seal)
}

function requireWork(ledger: Ledger, below: Pace, { header }: Block, { height, id }: StoredBlock): void {
  const asked = nextDifficulty(below, ledger.parameters(height))
  if (header.difficulty === asked && compareBytes(id, highestId(asked)) <= 0) return
  throw fail('insufficient-work', `Block ${height} does not show the work that its branch asks for.`, { expected: `difficulty ${asked}`, found: `difficulty ${header.difficulty}, id ${bytesToHex(id)}` })
}

/** All signatures of a block's transactions, checked side by side. Returns how many there are. */
async function checkSignatures(ledger: Ledger, { transactions, height }: Execution, primitives: Primitives): Promise<number> {
  const results = await Promise.all(
    transactions.map(async (read, i) => {
      const required = ledger.signatures(read)
      if (!Array.isArray(required)) throw fail(required.code, `Transaction ${i} of block ${height}: ${required.message}`, { expected: required.expected ?? 'keys in force', found: required.found ?? 'none' })
      const isValid = (await Promise.all(required.map(async (check) => isValidSignature(check, primitives)))).every(Boolean)
      const { iss, sub } = read.transaction
      if (!isValid) throw fail('invalid-signature', `A signature of transaction ${i} of block ${height} does not hold.`, { expected: `a signature of ${iss} about ${sub}`, found: 'another signature' })
      return required.length
    }),
  )
  return results.reduce((sum, count) => sum + count, 0)
}

interface ScratchStore {
  store: Store
  begin(block: StoredBlock, rows: RowsBelow): void
  takeRows(): RowChange[]
}

/** A store as the ledger sees it while blocks are replayed: rows are read from below, and what a block changes is caught instead of written. */
function createScratchStore(): ScratchStore {
  let current: StoredBlock | null = null
  let genesis: StoredBlock | null = null
  let below: RowsBelow = { get: () => null, scan: async function* () {} }
  let rowsHeight = -1
  let caught: RowChange[] = []
  let ahead = new Map<string, RowChange>()
  const never = (what: string) => async (): Promise<never> => assert(false, `a replay never needs to ${what}`) as never
  const store: Store = {
    get height() {
      return current?.height ?? -1
    },
    get rowsHeight() {
      return rowsHeight
    },
    signed: null,
    get: (key) => (ahead.has(bytesToMapKey(key)) ? (ahead.get(bytesToMapKey(key))?.[1] ?? null) : below.get(key)),
    scan: (prefix, from) => (ahead.size > 0 ? scanAhead([...ahead.values()], prefix) : below.scan(prefix, from)),
    async replay(height, rows) {
      rowsHeight = height
      caught = rows
      // The genesis is read back before the caller has stored its rows.
      if (height === 0) ahead = new Map(rows.map((row) => [bytesToMapKey(row[0]), row]))
    },
    async readBlock(height) {
      const block = height === 0 ? genesis : current
      assert(block !== null && block.height === height, 'a replay reads the genesis and the block at hand')
      return block
    },
    commit: never('commit'),
    revert: never('revert'),
    clearRows: never('clear rows'),
    readAttachment: never('read attachments'),
    hasAttachment: () => false,
    dropAttachment: never('drop attachments'),
    droppedUpTo: 0,
    dropOld: never('drop attachments'),
    keep: never('keep statements'),
    kept: async function* () {},
    writeSigned: never('sign'),
    close: async () => undefined,
  }
  return {
    store,
    begin(block, rows) {
      current = block
      genesis ??= block
      below = rows
      if (block.height > 0) ahead = new Map()
    },
    takeRows() {
      const rows = caught
      caught = []
      return rows
    },
  }
}

async function* scanAhead(rows: RowChange[], prefix: Uint8Array): AsyncGenerator<[Uint8Array, Uint8Array]> {
  const found = rows.filter(([key, value]) => value !== null && equalBytes(key.subarray(0, prefix.length), prefix))
  for (const [key, value] of found.sort(([a], [b]) => compareBytes(a, b))) yield [key, value as Uint8Array]
}
