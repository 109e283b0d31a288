import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { isAddress } from '@telltale/core'
import type { Desk, DeskDevice, GrantList } from '../api/desk.ts'
import { problemOf } from '../api/problem.ts'
import { deviceQuery } from '../api/queries.ts'
import { postJson } from '../api/request.ts'
import { Card } from '../shell/card.tsx'
import { Choice } from '../shell/choice.tsx'
import { ProblemBox } from '../shell/problem-box.tsx'
import { streamName } from '../text/stream.ts'
import { words } from '../words.ts'
import styles from './share.module.css'

const OTHER = 'other'
type Period = 'next' | 'all' | 'past' | 'own'
/** Record numbers as typed; an empty end means whatever comes. */
interface OwnPeriod {
  from: string
  to: string
}

/** Whom, which stream, which period. */
export function GrantForm({ desk, device, onGranted }: { desk: Desk; device: DeskDevice; onGranted: (list: GrantList) => void }) {
  const readers = desk.readers.filter(({ hasSealKey }) => hasSealKey)
  const [reader, setReader] = useState(readers[0]?.address ?? OTHER)
  const [address, setAddress] = useState('')
  const [stream, setStream] = useState(device.streams.find((path) => path.endsWith('/odometer')) ?? device.streams[0] ?? '')
  const [period, setPeriod] = useState<Period>('next')
  const [own, setOwn] = useState<OwnPeriod>({ from: '0', to: '' })
  const [days, setDays] = useState('30')
  const { refetch } = useQuery(deviceQuery(device.device))
  const grant = useMutation({
    mutationFn: async () => {
      const count = (await refetch()).data?.streams.find((item) => item.stream === stream)?.count ?? 0
      return postJson<GrantList>('/v1/desk/grants', { stream, reader: reader === OTHER ? address.trim() : reader, ...rangeOf(period, own, count), days: Number(days) })
    },
    onSuccess: onGranted,
  })
  const isAddressWrong = reader === OTHER && address !== '' && !isAddress(address.trim(), 'tt')
  const isReady = stream !== '' && (reader !== OTHER || (address !== '' && !isAddressWrong)) && /^\d{1,5}$/.test(days) && (period !== 'own' || isPeriod(own))
  return (
    <Card title={words.share.new}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) grant.mutate()
        }}
      >
        <NativeSelect label={words.share.whom} data={[...readers.map(({ name, address: value }) => ({ label: name, value })), { label: words.share.other, value: OTHER }]} value={reader} onChange={(event) => setReader(event.currentTarget.value)} />
        {reader === OTHER && <TextInput label={words.share.address} autoComplete="off" spellCheck={false} maxLength={60} error={isAddressWrong && words.share.wrongAddress} value={address} onChange={(event) => setAddress(event.currentTarget.value)} />}
        <NativeSelect label={words.share.stream} data={device.streams.map((value) => ({ value, label: streamName(value) }))} value={stream} onChange={(event) => setStream(event.currentTarget.value)} />
        <TextInput label={words.share.keptDays} inputMode="numeric" maxLength={5} value={days} onChange={(event) => setDays(event.currentTarget.value)} />
        <div className={styles.period}>
          <span className="field-label">{words.share.period}</span>
          <Choice label={words.share.period} options={(['next', 'all', 'past', 'own'] as const).map((value) => ({ value, label: words.share.periods[value] }))} value={period} onChange={(value) => setPeriod(value as Period)} />
        </div>
        {period === 'own' && (
          <>
            <TextInput label={words.share.firstRecord} inputMode="numeric" maxLength={10} value={own.from} onChange={(event) => setOwn({ ...own, from: event.currentTarget.value })} />
            <TextInput label={words.share.lastRecord} description={words.share.lastRecordHint} inputMode="numeric" maxLength={10} value={own.to} error={!isPeriod(own) && words.share.wrongPeriod} onChange={(event) => setOwn({ ...own, to: event.currentTarget.value })} />
          </>
        )}
        <Button className={styles.submit} type="submit" variant="filled" disabled={!isReady} loading={grant.isPending}>
          {words.share.grant}
        </Button>
      </form>
      {grant.error && <ProblemBox title={words.share.notGranted} problem={problemOf(grant.error)} />}
    </Card>
  )
}

/** Record numbers of a period; a device's next record has the number of those that are there. */
function rangeOf(period: Period, own: OwnPeriod, count: number): { from: number; to: number | null } {
  if (period === 'own') return { from: Number(own.from), to: own.to === '' ? null : Number(own.to) }
  if (period === 'next') return { from: count, to: null }
  return period === 'all' ? { from: 0, to: null } : { from: 0, to: Math.max(0, count - 1) }
}

function isPeriod({ from, to }: OwnPeriod): boolean {
  return /^\d{1,10}$/.test(from) && /^\d{0,10}$/.test(to) && (to === '' || Number(from) <= Number(to))
}
