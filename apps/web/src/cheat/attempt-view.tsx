import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { base64 } from '@scure/base'
import { LAMP_NAMES } from '@telltale/certificate'
import { LampRow } from '../lamps/lamp-row.tsx'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import layout from '../shell/layout.module.css'
import { ProblemBox } from '../shell/problem-box.tsx'
import { saveFile } from '../shell/save-file.ts'
import { ReadableText } from '../text/readable-text.tsx'
import type { Answer } from '../verify/answer.ts'
import { answerLamps } from '../verify/answer-lamps.ts'
import { Sentence } from '../verify/sentence.tsx'
import { verify } from '../verify/verification.ts'
import type { Problem } from '../verify/verification.ts'
import { words } from '../words.ts'
import styles from './cheat.module.css'

/** What the node made of a cheat: a forged file, or what the check of a damaged copy found. */
export interface Attempt {
  cheat: string
  title: string
  what: string
  asked: { network: string; reading: string; vin: string }
  /** Base64. */
  certificate: string | null
  finding: Problem | null
}

/** The forged file as its victim sees it: which lamp turns red, and why. */
export function AttemptView({ attempt }: { attempt: Attempt }) {
  const view = useRef<HTMLElement>(null)
  useEffect(() => {
    view.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <section ref={view} className={`${layout.stack} ${styles.attempt}`} aria-label={words.cheat.result(attempt.title)}>
      <h2>{words.cheat.result(attempt.title)}</h2>
      {attempt.certificate !== null && <Forged attempt={attempt} certificate={attempt.certificate} />}
      {attempt.finding && <ProblemBox title={words.cheat.storeCaught} problem={attempt.finding} />}
    </section>
  )
}

function Forged({ attempt: { cheat, asked }, certificate }: { attempt: Attempt; certificate: string }) {
  const bytes = base64.decode(certificate)
  const { data: answer } = useQuery({
    queryKey: ['forged', certificate],
    staleTime: Infinity,
    queryFn: async (): Promise<Answer | null> => {
      const outcome = await verify(bytes, { network: asked.network, reading: asked.reading, vin: asked.vin, trusted: [], checkpoint: null })
      return 'answer' in outcome ? outcome.answer : null
    },
  })
  const red = LAMP_NAMES.find((name) => answer?.lamps[name].state === 'refuted')
  return (
    <>
      <p className={styles.asked}>
        <ReadableText text={words.cheat.asked(asked.reading, asked.vin)} />
      </p>
      <p role="status" className={styles.caught}>
        {!answer && <InlineLamp look="pending" word={words.cheat.checking} />}
        {answer && (red ? <InlineLamp look="refuted" word={words.cheat.caught(words.lamp.titles[red])} /> : <InlineLamp look="attention" word={words.cheat.notCaught} />)}
      </p>
      <LampRow lamps={answerLamps(answer?.lamps)} label={words.lamp.row} lightFor={answer ?? null} />
      {answer && (
        <div className={layout.result}>
          <Sentence answer={answer} />
        </div>
      )}
      <div>
        <Button onClick={() => saveFile(`${cheat}.telltale`, bytes)}>{words.cheat.save}</Button>
      </div>
    </>
  )
}
