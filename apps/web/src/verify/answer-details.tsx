import { Facts } from '../shell/card.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
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
      <Facts
        facts={[
          [text.network, network.name],
          [text.fingerprint, <Hash key="fingerprint" text={network.id} />],
          [text.asset, asset && <Hash key="asset" text={asset} />],
          [text.device, device && <Hash key="device" text={device} />],
          [text.block, <Block key="block" head={head} />],
          [text.period, period && <Period key="period" period={period} />],
        ]}
      />
      <Refusal answer={answer} />
      <Streams answer={answer} />
      <Notes answer={answer} />
      <p className={styles.caption}>{text.checkedIn(groupNumber(Math.round(answer.milliseconds)))}</p>
    </section>
  )
}

function Block({ head: { height, timeSeconds } }: { head: Answer['head'] }) {
  return (
    <>
      {groupNumber(height)}
      {timeSeconds !== null && (
        <>
          , <Time ms={timeSeconds * 1000} />
        </>
      )}
    </>
  )
}

function Period({ period: { clock, firstMs, lastMs } }: { period: NonNullable<Answer['period']> }) {
  if (clock !== 0) return words.verify.details.duration(durationText(lastMs - firstMs))
  return (
    <>
      <Time ms={firstMs} /> – <Time ms={lastMs} />
    </>
  )
}

/** The code of the check that failed, for whoever wants to look it up or report it. */
function Refusal({ answer: { refusal } }: { answer: Answer }) {
  if (!refusal) return null
  const { code, expected, found } = refusal
  return (
    <div>
      <h3 className={styles.caption}>{words.verify.details.refusal}</h3>
      <Facts
        facts={[
          [words.problem.code, code],
          [words.problem.expected, expected === undefined ? null : <ReadableText key="expected" text={expected} />],
          [words.problem.found, found === undefined ? null : <ReadableText key="found" text={found} />],
        ]}
      />
    </div>
  )
}

function Streams({ answer: { streams } }: { answer: Answer }) {
  const text = words.verify.details
  if (streams.length === 0) return null
  return (
    <div>
      <h3 className={styles.caption}>{text.streams}</h3>
      <WideTable label={text.streams} columns={[[text.stream], [text.records], [text.readable, 'number']]}>
        {streams.map(({ stream, from, to, count, disclosed }) => (
          <tr key={stream}>
            <td title={stream}>{streamName(stream)}</td>
            <td>{text.recordsOf(groupNumber(from), groupNumber(to), groupNumber(count))}</td>
            <td className={table.number}>{groupNumber(disclosed)}</td>
          </tr>
        ))}
      </WideTable>
    </div>
  )
}

function Notes({ answer: { notes } }: { answer: Answer }) {
  const text = words.verify.details
  if (notes.length === 0) return null
  return (
    <div>
      <h3 className={styles.caption}>{text.notes}</h3>
      <WideTable label={text.notes} columns={[[text.note], [text.stream], [text.records], [text.by]]}>
        {notes.map(({ stream, kind, author, first, last }, i) => (
          <tr key={i}>
            <td>{kind}</td>
            <td>{streamName(stream)}</td>
            <td>{first === null || last === null ? '' : first === last ? groupNumber(first) : `${groupNumber(first)} to ${groupNumber(last)}`}</td>
            <td title={author}>{shorten(author)}</td>
          </tr>
        ))}
      </WideTable>
    </div>
  )
}
