import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '@telltale/client'
import type { Client } from '@telltale/client'
import type { RelayedNode } from './relayed-nodes.ts'
import { healthOf } from './trial.ts'

export interface OneHistory {
  height: number
  size: number
}

const PATIENCE_MS = 60_000
const PAGE = 100
const CALL_EVIDENCE = 'evidence'

/**
 * What has to hold after whatever happened: every node stands at the same final block with the same roots and nothing waits; all hold the same block at every height; whoever was
 * acknowledged as admitted is known to each; nobody saw a double vote or a double seal, and no evidence of one stands in the ledger.
 */
export async function requireOneHistory(nodes: RelayedNode[], certified: Iterable<string>): Promise<OneHistory> {
  const held = await requireAgreement(nodes)
  const clients = nodes.map(({ url }) => createClient({ url }))
  const [first, ...others] = await Promise.all(clients.map(async (client) => readHistory(client, held.height)))
  for (const [i, other] of others.entries()) assert.deepEqual(other, first, `another final history on ${nodes[i + 1]!.name}`)
  await Promise.all(clients.map(async (client, i) => requireAdmitted(client, certified, nodes[i]!.name)))
  for (const [i, client] of clients.entries()) {
    const { counts, doubleVotes } = await client.call('listRefusedBlocks', {})
    assert.deepEqual([doubleVotes, counts.filter(({ code }) => code.startsWith('double-'))], [[], []], `${nodes[i]!.name} saw somebody sign twice`)
  }
  return held
}

async function requireAgreement(nodes: RelayedNode[]): Promise<OneHistory> {
  const endMs = performance.now() + PATIENCE_MS
  for (;;) {
    const all = await Promise.all(nodes.map(async (node) => ({ ...(await healthOf(node)), waiting: (await createClient({ url: node.url }).call('getPool', {})).count })))
    const stands = new Set(all.map(({ finalHeight, size, logRoot, stateRoot, waiting }) => `${finalHeight} ${size} ${logRoot} ${stateRoot} ${waiting}`))
    if (stands.size === 1 && all[0]!.waiting === 0) return { height: all[0]!.finalHeight, size: all[0]!.size }
    assert.ok(performance.now() < endMs, `they do not come together: ${all.map(({ finalHeight, size, waiting }, i) => `${nodes[i]!.name} ${finalHeight} ${size} ${waiting}`).join(', ')}`)
    await wait(100)
  }
}

/** Ids of all final blocks, the newest first. */
async function readHistory(client: Client, height: number): Promise<string[]> {
  const ids: string[] = []
  for (let before: number | null = height + 1; before !== null; ) {
    const page: { blocks: { id: string }[]; before: number | null } = await client.call('listBlocks', { query: { before, limit: PAGE } })
    ids.push(...page.blocks.map(({ id }) => id))
    before = page.before
  }
  assert.equal(ids.length, height)
  return ids
}

async function requireAdmitted(client: Client, certified: Iterable<string>, name: string): Promise<void> {
  const known = new Set<string>()
  for (let after: string | null | undefined; after !== null; ) {
    const page: { identities: { address: string }[]; after: string | null } = await client.call('listIdentities', { query: { limit: 2 * PAGE, ...(after === undefined ? {} : { after }) } })
    for (const { address } of page.identities) known.add(address)
    after = page.after
  }
  const missing = [...certified].filter((address) => !known.has(address))
  assert.deepEqual(missing, [], `${name} lacks what was acknowledged`)
}

/** No authority was found to have signed against itself: nothing of that stands in any block from `fromHeight` on. */
export async function requireNoEvidence({ url }: RelayedNode, fromHeight: number, height: number): Promise<void> {
  const client = createClient({ url })
  for (let at = Math.max(1, fromHeight); at <= height; at++) {
    const { transactions } = await client.call('getBlock', { path: { height: at } })
    assert.deepEqual(transactions.filter(({ callName }) => callName === CALL_EVIDENCE), [], `evidence in block ${at}`)
  }
}
