import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { carName, useDesk } from '../api/desk.ts'
import type { Asset, Device } from '../api/ledger-answers.ts'
import { assetsQuery, devicesQuery } from '../api/queries.ts'
import { Card, Empty, Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { groupNumber, shorten } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import styles from './devices.module.css'

/** Cars, and the devices that report for them. */
export function DevicesPage() {
  const assets = useQuery(assetsQuery)
  const devices = useQuery(devicesQuery)
  return (
    <div className={layout.page}>
      <PageHead title={words.devices.title}>{words.devices.subtitle}</PageHead>
      <Loaded query={assets} height={220}>
        {(list) => (list.length === 0 ? <Empty>{words.devices.none}</Empty> : list.map((asset) => <AssetView key={asset.asset} asset={asset} devices={devices.data ?? []} />))}
      </Loaded>
    </div>
  )
}

function AssetView({ asset, devices }: { asset: Asset; devices: Device[] }) {
  const desk = useDesk()
  const mine = devices.filter((device) => device.asset === asset.asset)
  const name = carName(desk, asset.asset)
  return (
    <Card title={name ?? words.devices.car(shorten(asset.asset))}>
      <div className={layout.stack}>
        <Facts
          facts={[
            [words.devices.id, <Hash key="id" text={asset.asset} />],
            [words.devices.owner, asset.owner === null ? words.devices.nobody : <Hash key="owner" text={asset.owner} />],
            [words.devices.transfers, asset.transfers === 0 ? words.devices.never : groupNumber(asset.transfers)],
          ]}
        />
        <div className={styles.list}>
          {mine.map((device) => (
            <DeviceLine key={device.device} device={device} />
          ))}
        </div>
      </div>
    </Card>
  )
}

function DeviceLine({ device: { device, isActive, streams } }: { device: Device }) {
  const lastMs = Math.max(...streams.map(({ lastTimeMs }) => lastTimeMs))
  return (
    <div className={styles.device}>
      <Link to="/devices/$device" params={{ device }} className={styles.name}>
        {words.devices.device(streams.map(({ name }) => name).join(', '))}
      </Link>
      <Facts
        facts={[
          [words.devices.records, groupNumber(streams.reduce((sum, { count }) => sum + count, 0))],
          [words.devices.last, lastMs > 0 ? <Time key="last" ms={lastMs} /> : words.devices.never],
          [words.devices.state, isActive ? words.devices.active : words.devices.retired],
        ]}
      />
    </div>
  )
}
