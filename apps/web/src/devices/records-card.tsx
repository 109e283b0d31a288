import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { Stream } from '../api/ledger-answers.ts'
import { networkQuery } from '../api/queries.ts'
import { Card, Empty } from '../shell/card.tsx'
import { Loaded } from '../shell/loaded.tsx'
import table from '../shell/table.module.css'
import { words } from '../words.ts'
import { useRecords } from './latest-records.ts'
import { RecordsTable } from './records-table.tsx'

/** Records on one page of the list. */
const PAGE = 15
/** Scrolled further than this, somebody is reading: nothing may move under them. */
const READING_PIXELS = 160

/** The records of a stream, live where the newest are shown and nobody is reading further down. */
export function RecordsCard({ stream, most = PAGE, hasPages = true }: { stream: Stream; most?: number; hasPages?: boolean }) {
  const [chosenLast, setChosenLast] = useState<number | null>(null)
  const held = useHeldWhileReading(stream.count - 1, chosenLast === null && hasPages)
  const last = chosenLast ?? held.last
  const { seen, error, refetch } = useRecords(stream, most, last)
  const { data: network } = useQuery(networkQuery)
  const first = useRef(stream.count - 1)
  return (
    <Card title={words.device.records(stream.name)}>
      {held.newer > 0 && (
        <button type="button" className={table.pill} onClick={held.release}>
          {words.device.newer(held.newer)}
        </button>
      )}
      <Loaded query={{ data: seen, error, refetch: refetch as never }} height={44 * Math.min(most, stream.count + 1)}>
        {(records) => (records.length === 0 ? <Empty>{words.device.noRecords}</Empty> : <RecordsTable stream={stream.stream} seen={records} lateMs={network?.parameters.lateMs ?? Infinity} knownUpTo={first.current} />)}
      </Loaded>
      {hasPages && stream.count > most && (
        <div className={table.pages}>
          <Button disabled={last - most < 0} onClick={() => setChosenLast(Math.max(last - most, 0))}>
            {words.device.older}
          </Button>
          <Button disabled={chosenLast === null} onClick={() => setChosenLast(last + most >= stream.count - 1 ? null : last + most)}>
            {words.device.newerRecords}
          </Button>
        </div>
      )}
    </Card>
  )
}

/** The newest record that is shown: it stays where it is while somebody has scrolled down, and says how many are newer. */
function useHeldWhileReading(newest: number, isLive: boolean): { last: number; newer: number; release: () => void } {
  const [heldAt, setHeldAt] = useState<number | null>(null)
  const current = useRef(newest)
  useEffect(() => {
    current.current = newest
  })
  useEffect(() => {
    const scrolled = (): void => setHeldAt((held) => (scrollY > READING_PIXELS ? (held ?? current.current) : null))
    addEventListener('scroll', scrolled, { passive: true })
    return () => removeEventListener('scroll', scrolled)
  }, [])
  if (!isLive || heldAt === null) return { last: newest, newer: 0, release: () => undefined }
  return {
    last: heldAt,
    newer: newest - heldAt,
    release: () => {
      setHeldAt(null)
      scrollTo({ top: 0 })
    },
  }
}
