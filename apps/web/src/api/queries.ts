import { queryOptions } from '@tanstack/react-query'
import { createClient } from '@telltale/client'
import { streamParts } from '../text/stream.ts'
import type { Proposal, StreamRecord } from './ledger-answers.ts'

/** The node that this page came from. */
export const node = createClient({ url: '' })

/** What each new block may change begins with `head`; it is asked for again when one arrives. What can never change begins with `fixed`. */
export const HEAD = 'head'
const FIXED = { staleTime: Infinity } as const

/** What changes without a block: who is connected, what waits. */
const OFTEN = { refetchInterval: 3000 } as const

export const healthQuery = queryOptions({ ...OFTEN, queryKey: [HEAD, 'health'], queryFn: () => node.health() })
export const peersQuery = queryOptions({ ...OFTEN, queryKey: [HEAD, 'peers'], queryFn: ({ signal }) => node.call('listPeers', { signal }) })
export const peerGraphQuery = queryOptions({ ...OFTEN, queryKey: [HEAD, 'peer-graph'], queryFn: ({ signal }) => node.call('getPeerGraph', { signal }) })
export const authoritiesQuery = queryOptions({ ...OFTEN, queryKey: [HEAD, 'authorities'], queryFn: ({ signal }) => node.call('listAuthorities', { signal }) })
export const poolQuery = queryOptions({ ...OFTEN, queryKey: [HEAD, 'pool'], queryFn: ({ signal }) => node.call('getPool', { signal }) })
export const workQuery = queryOptions({ ...OFTEN, queryKey: [HEAD, 'work'], queryFn: ({ signal }) => node.call('getWork', { signal }) })
export const branchesQuery = queryOptions({ ...OFTEN, queryKey: [HEAD, 'branches'], queryFn: ({ signal }) => node.call('getBranches', { signal }) })
export const refusedBlocksQuery = queryOptions({ ...OFTEN, queryKey: [HEAD, 'refused-blocks'], queryFn: ({ signal }) => node.call('listRefusedBlocks', { signal }) })
export const networkQuery = queryOptions({ queryKey: [HEAD, 'network'], queryFn: ({ signal }) => node.call('getNetwork', { signal }) })
export const checkpointQuery = queryOptions({ queryKey: [HEAD, 'checkpoint'], queryFn: ({ signal }) => node.call('getCheckpoint', { signal }) })
export const assetsQuery = queryOptions({ queryKey: [HEAD, 'assets'], queryFn: async ({ signal }) => (await node.call('listAssets', { query: { limit: 100 }, signal })).assets })
export const devicesQuery = queryOptions({ queryKey: [HEAD, 'devices'], queryFn: async ({ signal }) => (await node.call('listDevices', { query: { limit: 100 }, signal })).devices })

export const proposalsQuery = queryOptions({ queryKey: [HEAD, 'proposals'], queryFn: ({ signal }) => allProposals(signal) })

/** Of 200 each: more than authorities ever propose. */
const PROPOSAL_PAGES_MAX = 20

async function allProposals(signal: AbortSignal): Promise<Proposal[]> {
  const found: Proposal[] = []
  let after: string | null | undefined
  for (let page = 0; page < PROPOSAL_PAGES_MAX && after !== null; page++) {
    const answer = await node.call('listProposals', { query: { limit: 200, ...(after === undefined ? {} : { after }) }, signal })
    found.push(...answer.proposals)
    after = answer.after
  }
  return found
}

export function blocksQuery(limit: number, before?: number) {
  return queryOptions({ queryKey: [HEAD, 'blocks', limit, before ?? null], queryFn: ({ signal }) => node.call('listBlocks', { query: { limit, ...(before === undefined ? {} : { before }) }, signal }) })
}

export function blockQuery(height: number) {
  return queryOptions({ queryKey: ['fixed', 'block', height], queryFn: ({ signal }) => node.call('getBlock', { path: { height }, query: { limit: 200 }, signal }), ...FIXED })
}

export function deviceQuery(device: string) {
  return queryOptions({ queryKey: [HEAD, 'device', device], queryFn: ({ signal }) => node.call('getDevice', { path: { device }, signal }) })
}

export function streamQuery(stream: string) {
  return queryOptions({ queryKey: [HEAD, 'stream', stream], queryFn: ({ signal }) => node.call('getStream', { path: streamParts(stream), signal }) })
}

/** Records `from` to `to`, both included; they never change once they are there. */
export function recordsQuery(stream: string, from: number, to: number) {
  return queryOptions({ queryKey: ['fixed', 'records', stream, from, to], queryFn: async ({ signal }) => (await node.call('listRecords', { path: streamParts(stream), query: { from, limit: to - from + 1 }, signal })).records as StreamRecord[], ...FIXED })
}

export function notesQuery(stream: string) {
  return queryOptions({ queryKey: [HEAD, 'notes', stream], queryFn: async ({ signal }) => (await node.call('listNotes', { path: streamParts(stream), query: { limit: 200 }, signal })).notes })
}

export function identityQuery(address: string) {
  return queryOptions({ queryKey: [HEAD, 'identity', address], queryFn: ({ signal }) => node.call('getIdentity', { path: { address }, signal }) })
}

export function bodyQuery(sha256: string) {
  return queryOptions({ queryKey: ['fixed', 'body', sha256], queryFn: ({ signal }) => node.call('getAttachment', { path: { sha256 }, signal }), ...FIXED, gcTime: 600_000 })
}

/** The receipt under the newest checkpoint when it was first asked for; older ones prove as much. */
export function receiptQuery(id: string) {
  return queryOptions({ queryKey: ['fixed', 'receipt', id], queryFn: ({ signal }) => node.call('getReceipt', { path: { id }, signal }), ...FIXED })
}
