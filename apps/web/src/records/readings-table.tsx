import { Button } from '@mantine/core'
import { useState } from 'react'
import { exactToText } from '@telltale/core'
import type { RecordReading } from '@telltale/core'
import { Card, Empty } from '../shell/card.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { useDistanceUnit } from '../text/distance-unit.ts'
import { durationText, groupDigits, groupNumber } from '../text/figures.ts'
import { scalesFor } from '../text/shown-figure.ts'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import { ODOMETER, SPEED, numberOf, valueText } from './opened-record.ts'
import type { OpenedRecord } from './opened-record.ts'

/** Lengths and speeds also in the reader's unit, where the source spoke another. */
function Converted({ reading }: { reading: RecordReading }) {
  const { unit: wanted } = useDistanceUnit()
  const { length, speed, speedUnit } = scalesFor(wanted)
  const value = numberOf(reading)
  const [scale, unit] = reading.path === ODOMETER ? [length, wanted] : [speed, speedUnit]
  if (value === null || (reading.path !== ODOMETER && reading.path !== SPEED) || (reading.raw?.unit ?? reading.unit) === unit) return null
  return (
    <div className={table.muted}>
      {words.unit.about} {groupNumber(value * scale)} {unit}
    </div>
  )
}

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
              <Converted reading={reading} />
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
