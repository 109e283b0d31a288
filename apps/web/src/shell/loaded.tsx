import { Skeleton } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { problemOf } from '../api/problem.ts'
import { words } from '../words.ts'
import { ProblemBox } from './problem-box.tsx'

interface LoadedProps<T> {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>
  /** Height of what will stand here, so that nothing jumps. */
  height: number
  children: (data: T) => ReactNode
}

/** The states of whatever comes from the node: a skeleton of its size, a problem with a way on, or the thing itself. */
export function Loaded<T>({ query, height, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <ProblemBox title={words.shell.notLoaded} problem={problemOf(query.error)} onRetry={() => void query.refetch()} />
  return (
    <div role="status" aria-label={words.shell.loading}>
      <Skeleton height={height} />
    </div>
  )
}
