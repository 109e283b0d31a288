import assert from 'node:assert/strict'
import type { RowChange, SignedState, Store, StoreCommit } from '@telltale/ledger'
import type { SeededRandom } from './seeded-random.ts'
import { attachmentOf, hashOf, textBytes } from './store-compliance.ts'

/** What a store should hold. */
export interface ScriptedState {
  blocks: StoreCommit[]
  /** By hash in hex; null once dropped. */
  attachments: Map<string, Uint8Array | null>
  kept: string[]
  signed: SignedState | null
}

/** One call on a store, and what it changes. */
export interface ScriptedCall {
  title: string
  run(store: Store): Promise<void>
  after: ScriptedState
}

export interface StoreScript {
  calls: ScriptedCall[]
  /** Every block that the script ever commits, by its id in hex: what a ledger would compute again while replaying. */
  commits: Map<string, StoreCommit>
}

export const EMPTY_STATE: ScriptedState = { blocks: [], attachments: new Map(), kept: [], signed: null }

/** A sequence of calls that all succeed on a store that works: commits with rows and attachments, reverts, drops, statements, signed states. */
export function createStoreScript(random: SeededRandom, length: number): StoreScript {
  const commits = new Map<string, StoreCommit>()
  const calls: ScriptedCall[] = []
  let state = EMPTY_STATE
  while (calls.length < length) {
    const make = random.pick([commitCall, commitCall, commitCall, commitCall, revertCall, dropCall, keepCall, keepCall, signCall])
    const call = make(state, random, calls.length)
    if (call === null) continue
    calls.push(call)
    state = call.after
    for (const block of state.blocks) commits.set(hex(block.block.id), block)
  }
  return { calls, commits }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function commitCall(state: ScriptedState, random: SeededRandom, index: number): ScriptedCall {
  const height = state.blocks.length
  const bytes = textBytes(`block ${height} of call ${index} ${'x'.repeat(random.below(900))}`)
  const values = rowsAfter(state.blocks)
  const keys = [...new Set(Array.from({ length: 1 + random.below(4) }, () => `key${random.below(8)}`))]
  const rows = keys.map((key): RowChange => [textBytes(key), random.chance(0.2) ? null : textBytes(`${height}/${index}`)])
  const undo = random.chance(0.25) ? null : keys.map((key): RowChange => [textBytes(key), values.has(key) ? textBytes(values.get(key) as string) : null])
  const attachments = Array.from({ length: random.below(4) }, (_, n) => attachmentOf(textBytes(`attachment ${n} of call ${index} ${'y'.repeat(random.below(700))}`)))
  const commit: StoreCommit = { block: { height, id: hashOf(bytes), bytes }, attachments, rows, undo }
  const held = new Map(state.attachments)
  for (const { sha256, bytes: body } of attachments) held.set(hex(sha256), body)
  const blocks = undo === null ? state.blocks.map((block) => ({ ...block, undo: null })) : state.blocks
  return { title: `commit ${height}`, run: (store) => store.commit(commit), after: { ...state, blocks: [...blocks, commit], attachments: held } }
}

function revertCall(state: ScriptedState): ScriptedCall | null {
  const last = state.blocks.at(-1)
  if (last === undefined || last.undo === null) return null
  return { title: `revert ${last.block.height}`, run: (store) => store.revert(), after: { ...state, blocks: state.blocks.slice(0, -1) } }
}

function dropCall(state: ScriptedState, random: SeededRandom): ScriptedCall | null {
  const held = [...state.attachments].filter(([, bytes]) => bytes !== null).map(([hash]) => hash)
  if (held.length === 0) return null
  const hashes = new Set(Array.from({ length: 1 + random.below(3) }, () => random.pick(held)))
  const attachments = new Map(state.attachments)
  for (const hash of hashes) attachments.set(hash, null)
  const drop = async (store: Store): Promise<void> => {
    await Promise.all([...hashes].map((hash) => store.dropAttachment(Uint8Array.from(Buffer.from(hash, 'hex')))))
  }
  return { title: `drop ${hashes.size}`, run: drop, after: { ...state, attachments } }
}

function keepCall(state: ScriptedState, random: SeededRandom, index: number): ScriptedCall {
  const text = `statement ${index} ${'z'.repeat(random.below(300))}`
  return { title: 'keep', run: (store) => store.keep('cosignature', textBytes(text)), after: { ...state, kept: [...state.kept, text] } }
}

function signCall(state: ScriptedState, random: SeededRandom, index: number): ScriptedCall {
  const before = state.signed
  const signed: SignedState = {
    sealedHeight: Math.max(before?.sealedHeight ?? -1, state.blocks.length - 1),
    sealedId: hashOf(textBytes(`sealed ${index}`)),
    size: (before?.size ?? 0) + 1 + random.below(5),
    logRoot: hashOf(textBytes(`root ${index}`)),
    issuedAtSeconds: 1_000 + index,
  }
  return { title: 'sign', run: (store) => store.writeSigned(signed), after: { ...state, signed } }
}

function rowsAfter(blocks: readonly StoreCommit[]): Map<string, string> {
  const values = new Map<string, string>()
  for (const { rows } of blocks) {
    for (const [key, value] of rows) {
      if (value === null) values.delete(text(key))
      else values.set(text(key), text(value))
    }
  }
  return values
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** Replays what the rows lack, as a ledger does. */
export async function replayScript(store: Store, script: StoreScript): Promise<void> {
  for (let height = store.rowsHeight + 1; height <= store.height; height++) {
    const { id } = await store.readBlock(height)
    const commit = script.commits.get(hex(id))
    assert.ok(commit, `block ${height} is one of the script's`)
    await store.replay(height, commit.rows, commit.undo)
  }
}

/**
 * Asserts that a store which was opened again after any end holds exactly `before`, or exactly `after`: what was acknowledged, or that and
 * the call that was under way, and nothing between. Statements are not synced: of those a last part may be missing. Replays the rows.
 */
export async function assertRecovered(store: Store, script: StoreScript, before: ScriptedState, after: ScriptedState, options: { isSideDurable: boolean }): Promise<void> {
  const blocks = await readIds(store)
  const chains = [before, after].filter((state) => String(state.blocks.map(({ block }) => hex(block.id))) === String(blocks))
  assert.ok(chains.length > 0, `expected the blocks of ${before.blocks.length - 1} or ${after.blocks.length - 1}, found up to ${store.height}`)
  await replayScript(store, script)
  const rows: string[] = []
  for await (const [key, value] of store.scan(new Uint8Array(0))) rows.push(`${text(key)}=${text(value)}`)
  const expected = [...rowsAfter((chains[0] as ScriptedState).blocks)].map(([key, value]) => `${key}=${value}`).sort()
  assert.deepEqual(rows, expected)
  await assertAttachments(store, before, after)
  const kept: string[] = []
  for await (const bytes of store.kept('cosignature')) kept.push(text(bytes))
  assert.ok(isPart(kept, after.kept), `statements are a part of those kept, in order; found ${kept.length} of ${after.kept.length}`)
  if (options.isSideDurable) assert.ok(kept.length >= before.kept.length, `${before.kept.length} statements, found ${kept.length}`)
  assert.ok([before.signed, after.signed].some((signed) => JSON.stringify(signed) === JSON.stringify(store.signed)), 'the state signed before or after')
}

async function readIds(store: Store): Promise<string[]> {
  const ids: string[] = []
  for (let height = 0; height <= store.height; height++) {
    const { id, bytes } = await store.readBlock(height)
    assert.equal(hex(hashOf(bytes)), hex(id))
    ids.push(hex(id))
  }
  return ids
}

async function assertAttachments(store: Store, before: ScriptedState, after: ScriptedState): Promise<void> {
  for (const hash of new Set([...before.attachments.keys(), ...after.attachments.keys()])) {
    const key = Uint8Array.from(Buffer.from(hash, 'hex'))
    const found = await store.readAttachment(key)
    assert.equal(store.hasAttachment(key), found !== null)
    const allowed = [before, after].map((state) => state.attachments.get(hash) ?? null)
    const isAllowed = allowed.some((bytes) => (bytes === null ? found === null : found !== null && hex(found) === hex(bytes)))
    assert.ok(isAllowed, `attachment ${hash}: ${found === null ? 'missing' : 'there'}`)
  }
}

function isPart(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0
  for (const item of whole) if (at < part.length && part[at] === item) at += 1
  return at === part.length
}
