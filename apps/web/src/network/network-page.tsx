import { useQuery } from '@tanstack/react-query'
import type { CheckpointAnswer, Health, Network } from '../api/ledger-answers.ts'
import { checkpointQuery, healthQuery, networkQuery } from '../api/queries.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { ButtonLink } from '../shell/button-link.tsx'
import { Card, Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { PageHead } from '../shell/page-head.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { byteText, durationText, groupNumber } from '../text/figures.ts'
import { Fingerprint } from '../text/fingerprint.tsx'
import { Hash } from '../text/hash.tsx'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import { AuthoritiesCard } from './authorities-card.tsx'
import { GraphCard } from './graph-card.tsx'
import { MiningCard } from './mining-card.tsx'
import { PeersCard } from './peers-card.tsx'
import { PoolCard } from './pool-card.tsx'
import { StalledCard } from './stalled-card.tsx'

/** Who certifies, what the network is known by, and how this node stands. */
export function NetworkPage() {
  const network = useQuery(networkQuery)
  const checkpoint = useQuery(checkpointQuery)
  const health = useQuery(healthQuery)
  return (
    <div className={layout.page}>
      <PageHead title={words.network.title} actions={<ButtonLink to="/governance">{words.governance.title}</ButtonLink>}>
        {network.data?.name}
      </PageHead>
      <StalledCard stalled={health.data?.stalled} />
      <Loaded query={network} height={480}>
        {(data) => (
          <>
            <Identity network={data} />
            {data.authorities.length === 1 ? <Authorities network={data} checkpoint={checkpoint.data} /> : <AuthoritiesCard />}
            <GraphCard />
            <PeersCard />
            <MiningCard parameters={data.parameters} />
            <PoolCard />
            <Rules network={data} />
          </>
        )}
      </Loaded>
      <Loaded query={health} height={90}>
        {(data) => <ThisNode health={data} />}
      </Loaded>
    </div>
  )
}

function Identity({ network: { network, genesisMs, height, counts } }: { network: Network }) {
  return (
    <Card title={words.network.fingerprint}>
      <div className={layout.stack}>
        <Fingerprint text={network} />
        <p className={table.muted}>{words.network.fingerprintWhy}</p>
        <Facts
          facts={[
            [words.network.since, <Time key="since" ms={genesisMs} />],
            [words.network.height, groupNumber(height)],
            [words.network.transactions, groupNumber(counts.transactions)],
            [words.network.cars, groupNumber(counts.assets)],
            [words.network.devices, groupNumber(counts.devices)],
          ]}
        />
      </div>
    </Card>
  )
}

function Authorities({ network: { authorities }, checkpoint }: { network: Network; checkpoint: CheckpointAnswer | undefined }) {
  return (
    <Card title={words.network.authorities(checkpoint ? groupNumber(checkpoint.checkpoint.height) : '')}>
      <WideTable label={words.network.authority} columns={[[words.network.authority], [words.network.algorithm], [words.network.signed]]}>
        {authorities.map(({ address, algorithm }) => {
          const cosignature = checkpoint?.cosignatures.find((item) => item.address === address)
          return (
            <tr key={address}>
              <td>
                <Hash text={address} />
              </td>
              <td>{algorithm}</td>
              <td>
                {cosignature ? (
                  <>
                    <InlineLamp look="holds" word={words.network.cosigned} /> <Time ms={cosignature.issuedAtSeconds * 1000} />
                  </>
                ) : (
                  <InlineLamp look="unknown" word={words.network.notCosigned} />
                )}
              </td>
            </tr>
          )
        })}
      </WideTable>
    </Card>
  )
}

function Rules({ network: { parameters } }: { network: Network }) {
  return (
    <Card title={words.network.rules}>
      <Facts
        facts={[
          [words.network.retention, parameters.retentionMs === null ? words.network.forEver : durationText(parameters.retentionMs)],
          [words.network.late, durationText(parameters.lateMs)],
          [words.network.quota, words.network.quotaOf(byteText(parameters.quotaBytes), durationText(parameters.quotaWindowMs))],
          [words.network.blockHolds, groupNumber(parameters.blockTransactionsMax)],
          [words.network.blockBytes, byteText(parameters.blockBytesMax)],
          [words.network.notes, groupNumber(parameters.notesMax)],
          [words.network.algorithms, parameters.algorithms.join(', ')],
        ]}
      />
    </Card>
  )
}

function ThisNode({ health: { status, version, sinceMs } }: { health: Health }) {
  return (
    <Card title={words.network.node}>
      <Facts
        facts={[
          [words.network.status, <InlineLamp key="status" look={status === 'ok' ? 'holds' : 'attention'} word={words.network.statuses[status]} />],
          [words.network.version, version],
          [words.network.running, <Time key="since" ms={sinceMs} />],
          [words.network.description, <a key="api" href="/openapi.json">{words.network.openapi}</a>],
        ]}
      />
    </Card>
  )
}
