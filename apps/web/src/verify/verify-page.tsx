import { useDebouncedValue } from '@mantine/hooks'
import { useCallback, useEffect, useRef, useState } from 'react'
import { LampRow } from '../lamps/lamp-row.tsx'
import layout from '../shell/layout.module.css'
import { ProblemBox } from '../shell/problem-box.tsx'
import { useDistanceUnit } from '../text/distance-unit.ts'
import { words } from '../words.ts'
import type { Answer, AskedQuestion } from './answer.ts'
import { AnswerDetails } from './answer-details.tsx'
import { answerLamps } from './answer-lamps.ts'
import { fragmentToCertificate } from './certificate-link.ts'
import { DropZone } from './drop-zone.tsx'
import { NetworkTrust } from './network-trust.tsx'
import { QuestionForm, formToQuestion, noQuestion } from './question-form.tsx'
import type { QuestionFields } from './question-form.tsx'
import { Sentence } from './sentence.tsx'
import { useTrustedNetworks } from './trusted-networks.ts'
import { verify } from './verification.ts'
import type { Outcome, Problem } from './verification.ts'
import styles from './verify.module.css'

/** A certificate that somebody gave to this page. */
export interface OpenedFile {
  name: string
  bytes: Uint8Array
}

/** How long somebody has to stop typing before the file is checked again. */
const TYPING_MS = 250

/** Is this certificate true? Wholly in the browser: no request is made, whatever is opened. `nodeNetwork`: fingerprint of the network of the node that served this page. */
export function VerifyPage({ nodeNetwork }: { nodeNetwork?: string }) {
  const [file, setFile] = useState<OpenedFile | null>(null)
  const [linkProblem, setLinkProblem] = useState<Problem | null>(null)
  const { unit } = useDistanceUnit()
  const [form, setForm] = useState(() => noQuestion(unit))
  const networks = useTrustedNetworks()
  const { outcome, isSettled } = useOutcome(file, form, networks.trusted.map(({ id }) => id).join(' '))
  const open = useCallback((opened: OpenedFile) => {
    setLinkProblem(null)
    setFile(opened)
  }, [])
  useFragment(open, setLinkProblem)
  const problem = linkProblem ?? (outcome && 'problem' in outcome ? outcome.problem : null)
  const answer = outcome && 'answer' in outcome && !linkProblem ? outcome.answer : null
  return (
    <div className={layout.page}>
      <header>
        <h1>{words.verify.title}</h1>
        <p className={styles.subtitle}>{words.verify.subtitle}</p>
      </header>
      <DropZone file={file} onFile={open} />
      {problem && <ProblemBox title={words.verify.problem[problem.code] ?? words.verify.problemOther} problem={problem} isSettled={isSettled} />}
      {!problem && <Lamps answer={answer} isChecking={file !== null && answer === null} isSettled={isSettled} />}
      <QuestionForm form={form} flaws={answer?.flaws ?? {}} onChange={setForm} />
      {answer && <NetworkTrust answer={answer} networks={networks} isOfNode={nodeNetwork === answer.network.id} />}
      {answer && <AnswerDetails answer={answer} />}
    </div>
  )
}

/** The lamps, and once all are lit the sentence. Before a file is opened each lamp says what it answers. */
function Lamps({ answer, isChecking, isSettled }: { answer: Answer | null; isChecking: boolean; isSettled: boolean }) {
  const [litFor, setLitFor] = useState<Answer | null>(null)
  const onLit = useCallback(() => setLitFor(answer), [answer])
  const lamps = answerLamps(answer?.lamps, { unanswered: isChecking ? 'pending' : 'not-asked', hasQuestions: true })
  return (
    <>
      <LampRow lamps={lamps} label={words.lamp.row} lightFor={answer} onLit={onLit} />
      <div role="status" className={layout.result} aria-busy={!isSettled}>
        {answer && litFor === answer && <Sentence answer={answer} />}
      </div>
    </>
  )
}

/** The answer for this file; while somebody types, the one to their last question stands until the next is there. */
function useOutcome(file: OpenedFile | null, form: QuestionFields, trusted: string): { outcome: Outcome | null; isSettled: boolean } {
  const [typed] = useDebouncedValue(form, TYPING_MS)
  const [result, setResult] = useState<{ file: OpenedFile; typed: QuestionFields; trusted: string; outcome: Outcome } | null>(null)
  const run = useRef(0)
  useEffect(() => {
    if (!file) return
    const mine = ++run.current
    const question: AskedQuestion = { ...formToQuestion(typed), trusted: trusted === '' ? [] : trusted.split(' ') }
    void verify(file.bytes, question).then((outcome) => {
      if (run.current === mine) setResult({ file, typed, trusted, outcome })
    })
  }, [file, typed, trusted])
  if (!result || result.file !== file) return { outcome: null, isSettled: file === null }
  return { outcome: result.outcome, isSettled: result.typed === form && result.trusted === trusted }
}

/** Opens the certificate of a link, also when another one is followed later. */
function useFragment(open: (file: OpenedFile) => void, onProblem: (problem: Problem) => void): void {
  useEffect(() => {
    const read = (): void => {
      fragmentToCertificate(location.hash).then(
        (bytes) => bytes && open({ name: words.verify.fromLink, bytes }),
        (error: Problem) => onProblem(error),
      )
    }
    read()
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }, [open, onProblem])
}
