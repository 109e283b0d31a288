import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { carName, isOwn, useDesk } from '../api/desk.ts'
import type { Device } from '../api/ledger-answers.ts'
import { deviceQuery, networkQuery } from '../api/queries.ts'
import { BlocksCard } from '../network/blocks-card.tsx'
import { ButtonLink } from '../shell/button-link.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { Choice } from '../shell/choice.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { groupNumber } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { words } from '../words.ts'
import { CheckedLamps } from './checked-lamps.tsx'
import { NotesCard } from './notes-card.tsx'
import { OdometerCard } from './odometer-card.tsx'
import { RecordsCard } from './records-card.tsx'
import styles from './devices.module.css'

/** A device: its lamps, one large number, its records. */
export function DevicePage() {
  const { device } = useParams({ from: '/devices/$device' })
  const query = useQuery(deviceQuery(device))
  return (
    <Loaded query={query} height={720}>
      {(data) => <DeviceView device={data} />}
    </Loaded>
  )
}

function DeviceView({ device }: { device: Device }) {
  const desk = useDesk()
  const { data: network } = useQuery(networkQuery)
  const isMine = desk === undefined ? undefined : isOwn(desk, device.device)
  const [name, setName] = useState<string | null>(null)
  const lateMs = network?.parameters.lateMs ?? Infinity
  const named = (wanted: string): Device['streams'][number] | undefined => device.streams.find((stream) => stream.name === wanted)
  const chosen = named(name ?? '') ?? named('odometer') ?? device.streams[0]
  const records = device.streams.reduce((sum, { count }) => sum + count, 0)
  return (
    <div className={layout.page}>
      <PageHead title={carName(desk, device.asset) ?? words.device.title} actions={isMine === true && <Actions device={device.device} />}>
        <Hash text={device.device} /> · {words.device.recordCount(groupNumber(records))}
        {!device.isActive && ` · ${words.device.retired}`}
      </PageHead>
      <CheckedLamps device={device} isOwn={isMine} />
      <div className={`${layout.columns} ${styles.columns}`}>
        <OdometerCard odometer={named('odometer')} driving={named('driving')} lateMs={lateMs} />
        <div className={layout.stack}>
          {device.streams.length > 1 && <Choice label={words.device.stream} options={device.streams.map((stream) => ({ value: stream.name, label: `${stream.name} (${groupNumber(stream.count)})` }))} value={chosen?.name ?? ''} onChange={setName} />}
          {chosen && <RecordsCard key={chosen.stream} stream={chosen} />}
          {chosen && chosen.notes > 0 && <NotesCard stream={chosen} />}
          <BlocksCard />
        </div>
      </div>
    </div>
  )
}

function Actions({ device }: { device: string }) {
  return (
    <>
      <ButtonLink to="/devices/$device/share" params={{ device }}>
        {words.device.share}
      </ButtonLink>
      <ButtonLink variant="filled" to="/devices/$device/certificate" params={{ device }}>
        {words.device.certificate}
      </ButtonLink>
    </>
  )
}
