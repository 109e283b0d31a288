import { queryOptions, useQuery } from '@tanstack/react-query'
import { TelltaleError } from '@telltale/core'
import { getJson } from './request.ts'

/** What the owner at this very machine may do; only a page that was opened with the token of `npm start` is told. */
export interface Desk {
  isDemo: boolean
  asset: string | null
  device: string | null
  streams: string[]
  vin?: string
}

export const deskQuery = queryOptions({
  queryKey: ['desk'],
  queryFn: async ({ signal }): Promise<Desk | null> => {
    try {
      return await getJson<Desk>('/v1/desk', signal)
    } catch (error) {
      if (error instanceof TelltaleError && NO_DESK.has(error.code)) return null
      throw error
    }
  },
  staleTime: 60_000,
})

/** This node has no desk, or this browser no token for it. */
const NO_DESK = new Set(['no-such-route', 'token-needed', 'desk-token-needed', 'wrong-host'])

/** The desk; null where there is none for this browser, undefined while that is not known. */
export function useDesk(): Desk | null | undefined {
  return useQuery(deskQuery).data
}

/** Keys are handed out for whole runs of this many records: one request, and one node of the tree, for a page of records. */
export const KEY_RUN = 64

/** The node of the key tree above a run of records; null where the keys are not at hand. */
export function keysQuery(stream: string, epoch: number, run: number) {
  return queryOptions({
    queryKey: ['fixed', 'keys', stream, epoch, run],
    queryFn: async ({ signal }) => (await getJson<{ nodes: string[] }>(`/v1/desk/keys?stream=${encodeURIComponent(stream)}&epoch=${epoch}&from=${run * KEY_RUN}&to=${run * KEY_RUN + KEY_RUN - 1}`, signal)).nodes,
    staleTime: Infinity,
    retry: false,
  })
}

