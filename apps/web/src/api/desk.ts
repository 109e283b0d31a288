import { queryOptions, useQuery } from '@tanstack/react-query'
import { TelltaleError } from '@telltale/core'
import { deskKey } from './desk-key.ts'
import { HEAD } from './queries.ts'
import { getJson } from './request.ts'

/** What the keys of the node's data directory own and sign for; only a page that was opened by the link that the node printed is told. */
export interface Desk {
  isDemo: boolean
  network: string
  name: string
  assets: { asset: string; owner: string; attributes: Record<string, string | number> }[]
  devices: DeskDevice[]
  /** People whose keys lie in the data directory. */
  readers: { name: string; address: string; hasSealKey: boolean }[]
}

export interface DeskDevice {
  device: string
  asset: string
  /** Name of its key. */
  name: string
  isSealed: boolean
  streams: string[]
}

export interface GrantList {
  /** Keys that were given away; what was read cannot be taken back. */
  grants: { stream: string; reader: string; readerName: string | null; epoch: number; from: number; to: number | null; days: number; height: number; timeMs: number }[]
  /** Who is given the keys of what comes next. */
  standing: { stream: string; reader: string; readerName: string | null; from: number; to: number | null }[]
}

/** This node has no desk, or this tab no key for it, or whoever is logged in may not sit at it. */
const NO_DESK = new Set(['no-such-route', 'role-needed', 'sign-in-needed'])

const deskQuery = queryOptions({
  queryKey: ['desk'],
  queryFn: async ({ signal }): Promise<Desk | null> => {
    if (deskKey() === null) return null
    try {
      return await getJson<Desk>('/v1/desk', signal)
    } catch (error) {
      if (error instanceof TelltaleError && NO_DESK.has(error.code)) return null
      throw error
    }
  },
  staleTime: 30_000,
})

/** The desk; null where there is none for this tab, undefined while that is not known. */
export function useDesk(): Desk | null | undefined {
  return useQuery(deskQuery).data
}

/** An authority whose key lies in the data directory. */
export interface OwnAuthority {
  /** Of the key. */
  name: string
  address: string
}

export const ownAuthoritiesQuery = queryOptions({ queryKey: [HEAD, 'own-authorities'], queryFn: async ({ signal }) => (await getJson<{ authorities: OwnAuthority[] }>('/v1/desk/authorities', signal)).authorities })

export interface MiningThreads {
  threads: number
  /** That this machine runs at once. */
  machine: number
}

export const miningQuery = queryOptions({ queryKey: ['mining'], queryFn: ({ signal }) => getJson<MiningThreads>('/v1/desk/mining', signal) })

/** Whether the keys of a device lie at this desk. */
export function isOwn(desk: Desk | null, device: string): boolean {
  return desk?.devices.some((own) => own.device === device) === true
}

/** What a car is called: by what its owner entered, here at their desk. */
export function carName(desk: Desk | null | undefined, asset: string): string | null {
  const attributes = desk?.assets.find((item) => item.asset === asset)?.attributes
  if (!attributes) return null
  const { name, make, model, vin } = attributes
  const spoken = [make, model].filter((part) => part !== undefined).join(' ')
  return String(name ?? (spoken === '' ? (vin ?? '') : spoken)) || null
}

/** Keys are handed out for whole runs of this many records: one request, and one node of the tree, for a page of records. */
export const KEY_RUN = 64

/** The node of the key tree above a run of records; fails with `no-keys` where they are not at hand. */
export function keysQuery(stream: string, epoch: number, run: number) {
  return queryOptions({
    queryKey: ['fixed', 'keys', stream, epoch, run],
    queryFn: async ({ signal }) => (await getJson<{ nodes: string[] }>(`/v1/desk/keys?stream=${encodeURIComponent(stream)}&epoch=${epoch}&from=${run * KEY_RUN}&to=${run * KEY_RUN + KEY_RUN - 1}`, signal)).nodes,
    staleTime: Infinity,
    retry: false,
  })
}

export function grantsQuery(device: string) {
  return queryOptions({ queryKey: [HEAD, 'grants', device], queryFn: ({ signal }) => getJson<GrantList>(`/v1/desk/grants?device=${device}`, signal) })
}
