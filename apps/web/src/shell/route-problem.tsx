import type { ErrorComponentProps } from '@tanstack/react-router'
import { problemOf } from '../api/problem.ts'
import { words } from '../words.ts'
import { ProblemBox } from './problem-box.tsx'

/** Instead of a page that could not be shown: what went wrong, and a way on. */
export function RouteProblem({ error, reset }: ErrorComponentProps) {
  return <ProblemBox title={words.shell.pageProblem} problem={problemOf(error)} onRetry={reset} />
}
