import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Stream, StreamRecord } from '../api/ledger-answers.ts'
import { recordsQuery } from '../api/queries.ts'
import { useOpenedRecords } from '../records/opened-record.ts'
import type { OpenedRecord } from '../records/opened-record.ts'

/** A record and what it says, as far as it can be read here. */
export interface SeenRecord {
  record: StreamRecord
  opened: OpenedRecord | undefined
}

/** The `most` records of a stream up to `last`, the oldest first; undefined until they are there. Older ones stand until the newest have come. */
export function useRecords(stream: Pick<Stream, 'stream' | 'count'>, most: number, last = stream.count - 1): { seen: SeenRecord[] | undefined; error: Error | null; refetch: () => Promise<unknown> } {
  const queries = useQueryClient()
  const isEmpty = last < 0
  const { data, error, refetch } = useQuery({ ...recordsQuery(stream.stream, Math.max(0, last - most + 1), last), enabled: !isEmpty, placeholderData: keepPreviousData })
  const records = useMemo(() => (isEmpty ? [] : data), [data, isEmpty])
  const opened = useOpenedRecords(queries, stream.stream, records ?? [])
  const seen = records?.map((record, i) => ({ record, opened: opened[i] }))
  return { seen, error, refetch }
}
