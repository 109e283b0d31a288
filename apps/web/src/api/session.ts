import { queryOptions, useQuery } from '@tanstack/react-query'
import { TelltaleError } from '@telltale/core'
import { dropDeskKey } from './desk-key.ts'
import { node } from './queries.ts'

/** Whether what the node answers is for whoever looks at this page; `unknown` until it has said so. */
export type Standing = 'unknown' | 'in' | 'out'

const SESSION = 'session'

const sessionQuery = queryOptions({ queryKey: [SESSION], queryFn: ({ signal }) => node.call('getSession', { signal }), staleTime: 30_000 })

/** A node without accounts asks nobody; one that does not answer cannot say that somebody is out. */
export function useStanding(): Standing {
  const { data, isError } = useQuery(sessionQuery)
  if (data) return data.hasAccounts && data.role === null ? 'out' : 'in'
  return isError ? 'in' : 'unknown'
}

/** Whether whoever is logged in may read, and nothing else. */
export function useIsReader(): boolean {
  return useQuery(sessionQuery).data?.role === 'reader'
}

/** The name of the account that is logged in; null where there is none. */
export function useAccountName(): string | null {
  const { data } = useQuery(sessionQuery)
  return data?.kind === 'account' ? data.name : null
}

/** A session ends while its page is open: then the page has to ask again who somebody is. */
export function forgetSessionAfter(error: unknown, queries: { invalidateQueries(filter: { queryKey: string[] }): Promise<void> }): void {
  if (error instanceof TelltaleError && error.code === 'log-in-needed') void queries.invalidateQueries({ queryKey: [SESSION] })
}

/** Ends the session and with it everything that this tab knows. */
export async function logOut(): Promise<void> {
  await node.logOut()
  dropDeskKey()
  location.assign('/')
}
