import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Stream, StreamRecord } from '../api/ledger-answers.ts'
import { recordsQuery } from '../api/queries.ts'
import { odometerOf, useOpenedRecords } from '../records/opened-record.ts'
import type { OdometerFigure, OpenedRecord } from '../records/opened-record.ts'

/** A record and what it says, as far as it can be read here. */
export interface SeenRecord {
  record: StreamRecord
  opened: OpenedRecord | undefined
}

/** The `most` records of a stream up to `last`, the oldest first; undefined until they are there, none where there is no stream. Older ones stand until the newest have come. */
export function useRecords(stream: Stream | undefined, most: number, last = (stream?.count ?? 0) - 1): { seen: SeenRecord[] | undefined; error: Error | null; refetch: () => Promise<unknown> } {
  const queries = useQueryClient()
  const path = stream?.stream ?? ''
  const isEmpty = last < 0
  const { data, error, refetch } = useQuery({ ...recordsQuery(path, Math.max(0, last - most + 1), last), enabled: !isEmpty, placeholderData: keepPreviousData })
  const records = useMemo(() => (isEmpty ? [] : data), [data, isEmpty])
  const opened = useOpenedRecords(queries, path, records ?? [])
  const seen = records?.map((record, i) => ({ record, opened: opened[i] }))
  return { seen, error, refetch }
}

/** The newest odometer figure that can be read here. */
export function newestOdometer(seen: SeenRecord[] | undefined): OdometerFigure | undefined {
  return seen?.map(({ opened }) => odometerOf(opened)).findLast((figure) => figure !== null)
}
