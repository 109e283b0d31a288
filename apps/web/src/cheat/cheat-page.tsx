import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getJson, postJson } from '../api/request.ts'
import { problemOf } from '../api/problem.ts'
import { Card } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { NeedsDesk } from '../shell/needs-desk.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { ProblemBox } from '../shell/problem-box.tsx'
import { words } from '../words.ts'
import { AttemptView } from './attempt-view.tsx'
import type { Attempt } from './attempt-view.tsx'
import styles from './cheat.module.css'

interface Cheat {
  cheat: string
  title: string
  what: string
}

/** Whoever does not believe it may try: the node forges a file, this browser looks at it. */
export function CheatPage() {
  return (
    <div className={layout.page}>
      <PageHead title={words.cheat.title}>{words.cheat.subtitle}</PageHead>
      <NeedsDesk>{(desk) => (desk.isDemo ? <Cheats /> : <Card>{words.cheat.onlyDemo}</Card>)}</NeedsDesk>
    </div>
  )
}

function Cheats() {
  const query = useQuery({ queryKey: ['cheats'], queryFn: async ({ signal }) => (await getJson<{ cheats: Cheat[] }>('/v1/desk/cheats', signal)).cheats, staleTime: Infinity })
  const attempt = useMutation({ mutationFn: (cheat: string) => postJson<Attempt>('/v1/desk/cheats', { cheat }) })
  return (
    <>
      <Loaded query={query} height={220}>
        {(cheats) => (
          <ul className={styles.cheats}>
            {cheats.map(({ cheat, title, what }) => (
              <li key={cheat} className={styles.cheat} data-tried={attempt.variables === cheat || undefined}>
                <h2>{title}</h2>
                <p>{what}</p>
                <Button loading={attempt.isPending && attempt.variables === cheat} onClick={() => attempt.mutate(cheat)} aria-label={`${words.cheat.tryIt}: ${title}`}>
                  {words.cheat.tryIt}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {attempt.error && <ProblemBox title={words.cheat.notTried} problem={problemOf(attempt.error)} onRetry={() => attempt.variables !== undefined && attempt.mutate(attempt.variables)} />}
      {attempt.data && <AttemptView key={attempt.submittedAt} attempt={attempt.data} />}
    </>
  )
}
