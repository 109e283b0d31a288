import { Link } from '@tanstack/react-router'
import { Fragment } from 'react'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { odometerOf } from '../records/opened-record.ts'
import type { OdometerFigure } from '../records/opened-record.ts'
import layout from '../shell/layout.module.css'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import type { Column } from '../shell/wide-table.tsx'
import { useDistanceUnit } from '../text/distance-unit.ts'
import { durationText, groupNumber } from '../text/figures.ts'
import { shownDistance } from '../text/shown-figure.ts'
import { streamName, streamParts } from '../text/stream.ts'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import type { SeenRecord } from './latest-records.ts'
import { clearOf, gapMs, lateByMs, sinceStartText } from './observation.ts'

interface RecordsTableProps {
  /** `address/name`. */
  stream: string
  /** The oldest first; shown the newest first. */
  seen: SeenRecord[]
  lateMs: number
  /** Records after this one slide in. */
  knownUpTo: number
}

/** Records, the newest first; gaps stand between them, late ones say by how much. */
export function RecordsTable({ stream, seen, lateMs, knownUpTo }: RecordsTableProps) {
  const hasOdometer = seen.some(({ opened }) => odometerOf(opened) !== null)
  const odometer: Column[] = hasOdometer ? [[words.device.odometer, 'number']] : []
  const columns: Column[] = [[words.device.record], [words.device.observed], [words.device.readings, 'number', 'wide'], ...odometer, [words.device.state]]
  return (
    <WideTable label={words.device.records(streamName(stream))} columns={columns}>
      {seen.toReversed().map((item, i, list) => (
        <Fragment key={item.record.sequence}>
          <Row stream={stream} item={item} lateMs={lateMs} isNew={item.record.sequence > knownUpTo} hasOdometer={hasOdometer} />
          <Between before={list[i + 1]} after={item} columns={columns.length} />
        </Fragment>
      ))}
    </WideTable>
  )
}

function Row({ stream, item, lateMs, isNew, hasOdometer }: { stream: string; item: SeenRecord; lateMs: number; isNew: boolean; hasOdometer: boolean }) {
  const { record, opened } = item
  const { device, name } = streamParts(stream)
  const odometer = odometerOf(opened)
  return (
    <tr className={isNew ? table.new : undefined}>
      <td>
        <Link to="/devices/$device/$name/$sequence" params={{ device, name, sequence: String(record.sequence) }}>
          {groupNumber(record.sequence)}
        </Link>
      </td>
      <td>
        <Observed item={item} lateMs={lateMs} />
      </td>
      <td className={`${table.number} ${table.wide}`}>{opened?.state === 'opened' ? groupNumber(opened.readings.length) : ''}</td>
      {hasOdometer && (
        <td className={table.number}>
          {odometer && <OdometerCell figure={odometer} />}
        </td>
      )}
      <td>
        <RecordState item={item} />
      </td>
    </tr>
  )
}

function OdometerCell({ figure }: { figure: OdometerFigure }) {
  const { text, unit, reported } = shownDistance(figure, useDistanceUnit().unit)
  return (
    <span title={reported === null ? words.unit.asReported : words.unit.converted(reported)}>
      {reported !== null && '≈ '}
      {text} <span className={table.unit}>{unit}</span>
      {reported !== null && <span className={layout.hidden}> {words.unit.converted(reported)}</span>}
    </span>
  )
}

function RecordState({ item: { record, opened } }: { item: SeenRecord }) {
  if (record.kind === 'resume') return <InlineLamp look="attention" word={words.device.states.resume} />
  if (opened?.state === 'broken') return <InlineLamp look="refuted" word={opened.code} />
  return <InlineLamp look="holds" word={opened?.state === 'sealed' ? words.device.states.sealed : opened?.state === 'dropped' ? words.device.states.dropped : words.device.states.certified} />
}

export function Observed({ item, lateMs }: { item: SeenRecord; lateMs: number }) {
  const clear = clearOf(item)
  if (!clear) {
    return (
      <span className={table.muted}>
        <Time ms={item.record.blockTimeMs} />
      </span>
    )
  }
  if (clear.clock !== 0) return <span className={table.muted}>{clear.clock === 1 ? sinceStartText(clear.firstMs + clear.durationMs) : words.device.noClock}</span>
  const late = lateByMs(item, lateMs)
  return (
    <>
      <Time ms={clear.firstMs + clear.durationMs} />
      {late !== null && <span className={table.late}> {words.device.late(durationText(late))}</span>}
    </>
  )
}

function Between({ before, after, columns }: { before: SeenRecord | undefined; after: SeenRecord; columns: number }) {
  const gap = before ? gapMs(before, after) : null
  if (gap === null) return null
  return (
    <tr className={table.between}>
      <td colSpan={columns}>{words.device.gap(durationText(gap))}</td>
    </tr>
  )
}
