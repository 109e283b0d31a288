import { Skeleton } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'
import { problemOf } from '../api/problem.ts'
import { words } from '../words.ts'
import { ProblemBox } from './problem-box.tsx'
import styles from './card.module.css'

/** A bar of the skeleton and the space to the next, in pixels: about a line of a table. */
const LINE = 44

interface LoadedProps<T> {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>
  /** Height of what will stand here, so that nothing jumps. */
  height: number
  children: (data: T) => ReactNode
}

/** The states of whatever comes from the node: a skeleton of its size, a problem with a way on, or the thing itself. */
export function Loaded<T>({ query, height, children }: LoadedProps<T>) {
  const problem = useLastError(query)
  if (query.data !== undefined) return children(query.data)
  if (problem) return <ProblemBox title={words.shell.notLoaded} problem={problemOf(problem)} onRetry={() => void query.refetch()} />
  return (
    <div role="status" aria-label={words.shell.loading} className={styles.skeleton} style={{ height }}>
      {Array.from({ length: Math.max(1, Math.floor(height / LINE)) }, (_, i) => (
        <Skeleton key={i} height={18} />
      ))}
    </div>
  )
}

/** Each new block asks again for what could not be loaded: meanwhile the problem stands, so that somebody can read it. */
function useLastError({ data, error }: Pick<UseQueryResult, 'data' | 'error'>): Error | null {
  const last = useRef<Error | null>(null)
  useEffect(() => {
    if (data !== undefined) last.current = null
    else if (error) last.current = error
  })
  return error ?? last.current
}
