import { createContext, useContext, useSyncExternalStore } from 'react'
import { assert } from '@telltale/core'
import type { Live, LiveState } from './live.ts'

const LiveContext = createContext<Live | null>(null)

export const LiveProvider = LiveContext.Provider

/** What arrives while the page is open. */
export function useLive(): LiveState {
  const live = useContext(LiveContext)
  assert(live !== null, 'pages stand within a LiveProvider')
  return useSyncExternalStore(live.subscribe, live.state)
}
