import type { QueryClient } from '@tanstack/react-query'
import { HEAD } from './queries.ts'

/** A record that arrived while the page was open. */
export interface ArrivedRecord {
  stream: string
  sequence: number
  id: string
  height: number
  arrivedMs: number
}

/** How the page hears of what is new. */
export interface LiveState {
  /** `lost` with the time since when; the browser keeps trying by itself. */
  connection: 'connecting' | 'live' | 'lost'
  sinceMs: number
  block: { height: number; timeMs: number } | null
  /** The newest first. */
  arrived: ArrivedRecord[]
}

export interface Live {
  subscribe(listener: () => void): () => void
  state(): LiveState
  /** Begins to listen; does nothing where that has begun. */
  start(): void
  stop(): void
}

/** Enough to fill a page; whoever wants more reads the stream. */
const ARRIVED_MAX = 40
/** Blocks may come faster than anybody reads: what they change is asked for again at most this often. */
const REFRESH_MS = 1000

/** Listens to the node's events once it is started. The browser connects again by itself, and the node resumes after the last event that was seen. */
export function createLive(queries: QueryClient): Live {
  const listeners = new Set<() => void>()
  let state: LiveState = { connection: 'connecting', sinceMs: Date.now(), block: null, arrived: [] }
  const set = (change: Partial<LiveState>): void => {
    state = { ...state, ...change }
    for (const listener of listeners) listener()
  }
  const refresh = createRefresh(queries)
  let source: EventSource | null = null
  return {
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    state: () => state,
    start() {
      source ??= listen({ state: () => state, set, refresh })
    },
    stop() {
      source?.close()
      refresh.stop()
    },
  }
}

interface Told {
  state(): LiveState
  set(change: Partial<LiveState>): void
  refresh: Refresh
}

function listen({ state, set, refresh }: Told): EventSource {
  const source = new EventSource('/v1/events')
  source.addEventListener('open', () => {
    const wasLost = state().connection === 'lost'
    set({ connection: 'live', sinceMs: Date.now() })
    if (wasLost) refresh.now()
  })
  source.addEventListener('error', () => {
    if (state().connection !== 'lost') set({ connection: 'lost', sinceMs: Date.now() })
  })
  source.addEventListener('block', ({ data }: MessageEvent<string>) => {
    const { height, timeMs } = JSON.parse(data) as { height: number; timeMs: number }
    set({ block: { height, timeMs } })
    refresh.soon()
  })
  source.addEventListener('record', ({ data }: MessageEvent<string>) => {
    const record = JSON.parse(data) as Omit<ArrivedRecord, 'arrivedMs'>
    set({ arrived: [{ ...record, arrivedMs: Date.now() }, ...state().arrived].slice(0, ARRIVED_MAX) })
  })
  return source
}

interface Refresh {
  now(): void
  soon(): void
  stop(): void
}

function createRefresh(queries: QueryClient): Refresh {
  let timer: ReturnType<typeof setTimeout> | undefined
  let lastMs = 0
  const now = (): void => {
    clearTimeout(timer)
    timer = undefined
    lastMs = Date.now()
    void queries.invalidateQueries({ queryKey: [HEAD] })
  }
  return {
    now,
    soon: () => void (timer ??= setTimeout(now, Math.max(0, lastMs + REFRESH_MS - Date.now()))),
    stop: () => clearTimeout(timer),
  }
}
