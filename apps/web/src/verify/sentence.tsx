import { Quantity } from '../text/quantity.tsx'
import { groupNumber } from '../text/figures.ts'
import { ReadableText } from '../text/readable-text.tsx'
import { words } from '../words.ts'
import type { Answer } from './answer.ts'
import styles from './verify.module.css'

/** One sentence that a buyer understands, then what the result does not show. */
export function Sentence({ answer }: { answer: Answer }) {
  return (
    <>
      <p className={styles.sentence} data-summary={answer.summary}>
        <ReadingSentence answer={answer} />
      </p>
      <p className={styles.notShown}>
        {words.verify.notShown(groupNumber(answer.head.height))}
        {answer.period !== null && answer.period.clock !== 0 && words.verify.noWallTime}
        {answer.claimedStart !== null && words.verify.claimed(answer.claimedStart)}
      </p>
    </>
  )
}

/** The verifier's own sentence, in which the odometer comes first; its figure is shown as figures are. */
const REPORTED = /^The car reported [\d.]+ \w+(?: \(about [\d,]+ km\))?\. ?/

function ReadingSentence({ answer }: { answer: Answer }) {
  const { odometer, sentence } = answer
  if (!odometer || !REPORTED.test(sentence)) return <Verdict answer={answer} />
  return (
    <>
      {words.verify.sentence.reported} <Quantity value={odometer.value} unit={odometer.unit} metres={odometer.metres} isStrong />. <Verdict answer={answer} />
    </>
  )
}

function Verdict({ answer: { lamps, notes, sentence } }: { answer: Answer }) {
  // A file that holds and a dashboard that does not: the one case in which the file is not to blame.
  const difference = lamps.reading.state === 'refuted' ? /you read ([\d.,]+) (\w+) less/.exec(lamps.reading.ground) : null
  if (difference) {
    const [, digits, unit] = difference as unknown as [string, string, string]
    return (
      <>
        {words.verify.sentence.lower} <strong className={styles.red}>{words.verify.sentence.lowerBy(`${digits} ${unit}`)}</strong>.
        {!notes.some(({ kind }) => kind === 'correction') && lamps.noted.state === 'holds' && ` ${words.verify.sentence.noCorrection}`}
      </>
    )
  }
  const isRefuted = Object.values(lamps).some(({ state }) => state === 'refuted')
  if (!isRefuted && lamps.network.state === 'unknown') return words.verify.sentence.openNetwork
  return <ReadableText text={sentence.replace(REPORTED, '')} />
}
