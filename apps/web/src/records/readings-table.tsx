import { Button } from '@mantine/core'
import { useState } from 'react'
import { exactToText } from '@telltale/core'
import { Card, Empty } from '../shell/card.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { durationText, groupDigits, groupNumber } from '../text/figures.ts'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import { valueText } from './opened-record.ts'
import type { OpenedRecord } from './opened-record.ts'

/** Readings that are shown before somebody asks for all. */
const SHOWN = 12

/** What a record says, as its source said it, then as it was converted. */
export function ReadingsTable({ opened }: { opened: OpenedRecord | undefined }) {
  const [isAll, setAll] = useState(false)
  if (opened?.state !== 'opened') return opened ? <Card title={words.record.says}>{<Empty>{words.record.nothingToRead[opened.state]}</Empty>}</Card> : null
  const { clear, readings } = opened
  const shown = isAll ? readings : readings.slice(0, SHOWN)
  return (
    <Card title={words.record.says}>
      <WideTable label={words.record.says} columns={[[words.record.when], [words.record.signal], [words.record.value, 'number'], [words.record.source, 'wide']]}>
        {shown.map((reading, i) => (
          <tr key={i}>
            <td>{clear.clock === 0 ? <Time ms={reading.timeMs} /> : durationText(reading.timeMs)}</td>
            <td>{reading.path.replaceAll('.', '.\u200b')}</td>
            <td className={table.number}>
              {groupDigits(reading.raw ? exactToText(reading.raw.value) : valueText(reading.value))} <span className={table.unit}>{reading.raw?.unit ?? reading.unit ?? ''}</span>
              {reading.raw && <div className={table.muted}>{words.record.converted(`${groupDigits(valueText(reading.value))} ${reading.unit ?? ''}`)}</div>}
            </td>
            <td className={`${table.muted} ${table.wide}`}>{reading.source}</td>
          </tr>
        ))}
      </WideTable>
      {readings.length > shown.length && (
        <div className={table.pages}>
          <Button onClick={() => setAll(true)}>{words.record.all(groupNumber(readings.length))}</Button>
        </div>
      )}
    </Card>
  )
}
