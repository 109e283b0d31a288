import { queryOptions } from '@tanstack/react-query'
import type { Asset, Block, BlockLine, CheckpointAnswer, Device, Health, Identity, Network, Note, Stream, StreamRecord } from './ledger-answers.ts'
import { getBytes, getJson } from './request.ts'

/** What each new block may change begins with `head`; it is asked for again when one arrives. What can never change begins with `fixed`. */
export const HEAD = 'head'
const FIXED = { staleTime: Infinity } as const

export const healthQuery = queryOptions({ queryKey: [HEAD, 'health'], queryFn: ({ signal }) => getJson<Health>('/health', signal) })
export const networkQuery = queryOptions({ queryKey: [HEAD, 'network'], queryFn: ({ signal }) => getJson<Network>('/v1/network', signal) })
export const checkpointQuery = queryOptions({ queryKey: [HEAD, 'checkpoint'], queryFn: ({ signal }) => getJson<CheckpointAnswer>('/v1/checkpoint', signal) })
export const assetsQuery = queryOptions({ queryKey: [HEAD, 'assets'], queryFn: async ({ signal }) => (await getJson<{ assets: Asset[] }>('/v1/assets?limit=100', signal)).assets })
export const devicesQuery = queryOptions({ queryKey: [HEAD, 'devices'], queryFn: async ({ signal }) => (await getJson<{ devices: Device[] }>('/v1/devices?limit=100', signal)).devices })

export function blocksQuery(limit: number, before?: number) {
  return queryOptions({ queryKey: [HEAD, 'blocks', limit, before ?? null], queryFn: ({ signal }) => getJson<{ blocks: BlockLine[]; before: number | null }>(`/v1/blocks?limit=${limit}${before === undefined ? '' : `&before=${before}`}`, signal) })
}

export function blockQuery(height: number) {
  return queryOptions({ queryKey: ['fixed', 'block', height], queryFn: ({ signal }) => getJson<Block>(`/v1/blocks/${height}?limit=200`, signal), ...FIXED })
}

export function deviceQuery(device: string) {
  return queryOptions({ queryKey: [HEAD, 'device', device], queryFn: ({ signal }) => getJson<Device>(`/v1/devices/${device}`, signal) })
}

export function streamQuery(stream: string) {
  return queryOptions({ queryKey: [HEAD, 'stream', stream], queryFn: ({ signal }) => getJson<Stream>(`/v1/streams/${stream}`, signal) })
}

/** Records `from` to `to`, both included; they never change once they are there. */
export function recordsQuery(stream: string, from: number, to: number) {
  return queryOptions({ queryKey: ['fixed', 'records', stream, from, to], queryFn: async ({ signal }) => (await getJson<{ records: StreamRecord[] }>(`/v1/streams/${stream}/records?from=${from}&limit=${to - from + 1}`, signal)).records, ...FIXED })
}

export function notesQuery(stream: string) {
  return queryOptions({ queryKey: [HEAD, 'notes', stream], queryFn: async ({ signal }) => (await getJson<{ notes: Note[] }>(`/v1/streams/${stream}/notes?limit=200`, signal)).notes })
}

export function identityQuery(address: string) {
  return queryOptions({ queryKey: [HEAD, 'identity', address], queryFn: ({ signal }) => getJson<Identity>(`/v1/identities/${address}`, signal) })
}

export function bodyQuery(sha256: string) {
  return queryOptions({ queryKey: ['fixed', 'body', sha256], queryFn: ({ signal }) => getBytes(`/v1/attachments/${sha256}`, signal), ...FIXED, gcTime: 600_000 })
}

/** The receipt under the newest checkpoint when it was first asked for; older ones prove as much. */
export function receiptQuery(id: string) {
  return queryOptions({ queryKey: ['fixed', 'receipt', id], queryFn: ({ signal }) => getBytes(`/v1/transactions/${id}/receipt`, signal), ...FIXED })
}
