import { shorten, groupNumber, durationText } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { ReadableText } from '../text/readable-text.tsx'
import { streamName } from '../text/stream.ts'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import type { Answer } from './answer.ts'
import styles from './verify.module.css'

/** What else stands in the file, for those who want to know. Nothing here is believed more than the lamps above. */
export function AnswerDetails({ answer }: { answer: Answer }) {
  const { network, asset, device, head, period } = answer
  const text = words.verify.details
  return (
    <section className={styles.details} aria-labelledby="details-title">
      <h2 id="details-title">{words.verify.detailsTitle}</h2>
      <dl className={styles.facts}>
        {network.name !== null && <Fact name={text.network}>{network.name}</Fact>}
        <Fact name={text.fingerprint}>
          <Hash text={network.id} />
        </Fact>
        {asset !== null && (
          <Fact name={text.asset}>
            <Hash text={asset} />
          </Fact>
        )}
        {device !== null && (
          <Fact name={text.device}>
            <Hash text={device} />
          </Fact>
        )}
        <Fact name={text.block}>
          {groupNumber(head.height)}
          {head.timeSeconds !== null && (
            <>
              , <Time ms={head.timeSeconds * 1000} />
            </>
          )}
        </Fact>
        {period && <Fact name={text.period}>{period.clock === 0 ? <PeriodText period={period} /> : text.duration(durationText(period.lastMs - period.firstMs))}</Fact>}
      </dl>
      <Refusal answer={answer} />
      <Streams answer={answer} />
      <Notes answer={answer} />
      <p className={styles.caption}>{text.checkedIn(groupNumber(Math.round(answer.milliseconds)))}</p>
    </section>
  )
}

function PeriodText({ period }: { period: NonNullable<Answer['period']> }) {
  return (
    <>
      <Time ms={period.firstMs} /> – <Time ms={period.lastMs} />
    </>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** The code of the check that failed, for whoever wants to look it up or report it. */
function Refusal({ answer: { refusal } }: { answer: Answer }) {
  if (!refusal) return null
  const { code, expected, found } = refusal
  return (
    <div>
      <h3 className={styles.caption}>{words.verify.details.refusal}</h3>
      <dl className={styles.facts}>
        <Fact name={words.problem.code}>{code}</Fact>
        {expected !== undefined && (
          <Fact name={words.problem.expected}>
            <ReadableText text={expected} />
          </Fact>
        )}
        {found !== undefined && (
          <Fact name={words.problem.found}>
            <ReadableText text={found} />
          </Fact>
        )}
      </dl>
    </div>
  )
}

function Streams({ answer: { streams } }: { answer: Answer }) {
  const text = words.verify.details
  if (streams.length === 0) return null
  return (
    <table className={styles.table}>
      <caption>{text.streams}</caption>
      <thead>
        <tr>
          <th scope="col">{text.stream}</th>
          <th scope="col">{text.records}</th>
          <th scope="col" className={styles.number}>
            {text.readable}
          </th>
        </tr>
      </thead>
      <tbody>
        {streams.map(({ stream, from, to, count, disclosed }) => (
          <tr key={stream}>
            <td title={stream}>{streamName(stream)}</td>
            <td>{text.recordsOf(groupNumber(from), groupNumber(to), groupNumber(count))}</td>
            <td className={styles.number}>{groupNumber(disclosed)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Notes({ answer: { notes } }: { answer: Answer }) {
  const text = words.verify.details
  if (notes.length === 0) return null
  return (
    <table className={styles.table}>
      <caption>{text.notes}</caption>
      <thead>
        <tr>
          <th scope="col">{text.note}</th>
          <th scope="col">{text.stream}</th>
          <th scope="col">{text.records}</th>
          <th scope="col">{text.by}</th>
        </tr>
      </thead>
      <tbody>
        {notes.map(({ stream, kind, author, first, last }, i) => (
          <tr key={i}>
            <td>{kind}</td>
            <td>{streamName(stream)}</td>
            <td>{first === null || last === null ? '' : first === last ? groupNumber(first) : `${groupNumber(first)} to ${groupNumber(last)}`}</td>
            <td title={author}>{shorten(author)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
