import { createContext, useContext, useEffect, useSyncExternalStore } from 'react'
import { assert } from '@telltale/core'
import type { Live, LiveState } from './live.ts'

const LiveContext = createContext<Live | null>(null)

export const LiveProvider = LiveContext.Provider

/** What arrives while the page is open. */
export function useLive(): LiveState {
  const live = useOwnLive()
  return useSyncExternalStore(live.subscribe, live.state)
}

/** Begins to listen once whoever looks may hear. */
export function useListening(mayHear: boolean): void {
  const live = useOwnLive()
  useEffect(() => {
    if (mayHear) live.start()
  }, [live, mayHear])
}

function useOwnLive(): Live {
  const live = useContext(LiveContext)
  assert(live !== null, 'pages stand within a LiveProvider')
  return live
}
