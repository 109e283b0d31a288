import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { carName, isOwn, useDesk } from '../api/desk.ts'
import type { Device, Network } from '../api/ledger-answers.ts'
import { devicesQuery, networkQuery } from '../api/queries.ts'
import { CheckedLamps } from '../devices/checked-lamps.tsx'
import { RecordsCard } from '../devices/records-card.tsx'
import { BlocksCard } from '../network/blocks-card.tsx'
import { Card, Empty, Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { groupNumber } from '../text/figures.ts'
import { words } from '../words.ts'
import { RoadCard } from './road-card.tsx'
import styles from './overview.module.css'

/** What is happening now: the car on its way, its lamps, records and blocks as they come. */
export function OverviewPage() {
  const network = useQuery(networkQuery)
  const devices = useQuery(devicesQuery)
  return (
    <div className={layout.page}>
      <PageHead title={words.overview.title}>{words.overview.subtitle}</PageHead>
      <Loaded query={devices} height={620}>
        {(list) => {
          const device = newestDevice(list)
          return device ? <Now device={device} /> : <Empty>{words.overview.nothing}</Empty>
        }}
      </Loaded>
      <Loaded query={network} height={90}>
        {(data) => <Counts network={data} />}
      </Loaded>
    </div>
  )
}

/** The device that reported last. */
function newestDevice(devices: Device[]): Device | undefined {
  const lastOf = ({ streams }: Device): number => Math.max(0, ...streams.map(({ lastTimeMs }) => lastTimeMs))
  return devices.reduce<Device | undefined>((newest, device) => (newest && lastOf(newest) >= lastOf(device) ? newest : device), undefined)
}

function Now({ device }: { device: Device }) {
  const desk = useDesk()
  const driving = device.streams.find(({ name }) => name === 'driving') ?? device.streams[0]
  const name = carName(desk, device.asset)
  return (
    <>
      <RoadCard device={device} title={name ?? words.overview.aCar} />
      <CheckedLamps device={device} isOwn={desk === undefined ? undefined : isOwn(desk, device.device)} />
      <div className={`${layout.columns} ${styles.columns}`}>
        {driving && <RecordsCard stream={driving} most={8} hasPages={false} />}
        <div className={layout.stack}>
          <BlocksCard />
          <Card title={words.overview.tryTitle}>
            <p>{words.overview.tryText}</p>
            <ul className={styles.links}>
              {desk?.isDemo === true && (
                <li>
                  <Link to="/cheat">{words.shell.cheat}</Link>
                </li>
              )}
              {desk && (
                <li>
                  <Link to="/devices/$device/certificate" params={{ device: device.device }}>
                    {words.overview.certificate}
                  </Link>
                </li>
              )}
              <li>
                <Link to="/verify">{words.overview.verify}</Link>
              </li>
              <li>
                <Link to="/devices/$device" params={{ device: device.device }}>
                  {words.overview.device}
                </Link>
              </li>
              {desk?.isDemo === true && (
                <li>
                  <Link to="/own">{words.own.title}</Link>
                </li>
              )}
            </ul>
          </Card>
        </div>
      </div>
    </>
  )
}

function Counts({ network: { counts, height, authorities } }: { network: Network }) {
  return (
    <Card title={words.overview.ledger}>
      <Facts
        facts={[
          [words.network.height, groupNumber(height)],
          [words.network.transactions, groupNumber(counts.transactions)],
          [words.network.cars, groupNumber(counts.assets)],
          [words.network.devices, groupNumber(counts.devices)],
          [words.network.authoritiesCount, groupNumber(authorities.length)],
        ]}
      />
    </Card>
  )
}
