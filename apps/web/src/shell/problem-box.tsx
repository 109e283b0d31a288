import { Button } from '@mantine/core'
import { LampShape } from '../lamps/lamp-shape.tsx'
import { ReadableText } from '../text/readable-text.tsx'
import type { Problem } from '../verify/verification.ts'
import { words } from '../words.ts'
import styles from './problem-box.module.css'

/** What went wrong, what was expected, and what to do next. */
export function ProblemBox({ title, problem, isSettled = true, onRetry }: { title: string; problem: Problem; isSettled?: boolean; onRetry?: () => void }) {
  const { code, message, expected, found } = problem
  return (
    <div className={styles.box} role="alert" aria-busy={!isSettled}>
      <p className={styles.title} data-look="refuted">
        <LampShape look="refuted" /> {title}
      </p>
      <p>
        <ReadableText text={message} />
      </p>
      <dl className={styles.facts}>
        {expected !== undefined && (
          <div>
            <dt>{words.problem.expected}</dt>
            <dd>
              <ReadableText text={expected} />
            </dd>
          </div>
        )}
        {found !== undefined && (
          <div>
            <dt>{words.problem.found}</dt>
            <dd>
              <ReadableText text={found} />
            </dd>
          </div>
        )}
        <div>
          <dt>{words.problem.code}</dt>
          <dd>{code}</dd>
        </div>
      </dl>
      {onRetry && <Button onClick={onRetry}>{words.problem.retry}</Button>}
    </div>
  )
}
