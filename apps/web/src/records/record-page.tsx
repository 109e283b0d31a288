import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { StreamRecord } from '../api/ledger-answers.ts'
import { identityQuery, networkQuery, receiptQuery, recordsQuery, streamQuery } from '../api/queries.ts'
import { Observed } from '../devices/records-table.tsx'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { LampRow } from '../lamps/lamp-row.tsx'
import type { ShownLamp } from '../lamps/lamp-look.ts'
import { ButtonLink } from '../shell/button-link.tsx'
import { Card, Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { PageHead } from '../shell/page-head.tsx'
import table from '../shell/table.module.css'
import { byteText, groupNumber, shorten } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { streamParts } from '../text/stream.ts'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import { useOpenedRecords } from './opened-record.ts'
import type { OpenedRecord } from './opened-record.ts'
import { ProofPicture } from './proof-picture.tsx'
import { ReadingsTable } from './readings-table.tsx'
import { proveRecord } from './record-proof.ts'
import type { RecordProof } from './record-proof.ts'
import styles from './proof.module.css'

/** One record: what it says, and its proof, worked out in this browser. */
export function RecordPage() {
  const { device, name, sequence } = useParams({ from: '/devices/$device/$name/$sequence' })
  const number = Number(sequence)
  const stream = `${device}/${name}`
  const query = useQuery({ ...recordsQuery(stream, number, number), select: (records) => records[0] ?? null })
  return (
    <div className={layout.page}>
      <PageHead title={words.record.title(groupNumber(number))} actions={<Neighbours stream={stream} sequence={number} />}>
        <Link to="/devices/$device" params={{ device }}>
          {shorten(device)}
        </Link>{' '}
        · {name}
      </PageHead>
      <Loaded query={query} height={620}>
        {(record) => (record ? <RecordView stream={stream} device={device} record={record} /> : <p>{words.record.none}</p>)}
      </Loaded>
    </div>
  )
}

function Neighbours({ stream, sequence }: { stream: string; sequence: number }) {
  const { data } = useQuery(streamQuery(stream))
  const paramsOf = (number: number): { device: string; name: string; sequence: string } => ({ ...streamParts(stream), sequence: String(number) })
  return (
    <>
      {sequence > 0 && (
        <ButtonLink to="/devices/$device/$name/$sequence" params={paramsOf(sequence - 1)}>
          {words.record.previous}
        </ButtonLink>
      )}
      {data && sequence + 1 < data.count && (
        <ButtonLink to="/devices/$device/$name/$sequence" params={paramsOf(sequence + 1)}>
          {words.record.next}
        </ButtonLink>
      )}
    </>
  )
}

function RecordView({ stream, device, record }: { stream: string; device: string; record: StreamRecord }) {
  const queries = useQueryClient()
  const [opened] = useOpenedRecords(queries, stream, [record])
  const { data: network } = useQuery(networkQuery)
  const proof = useProof(device, record)
  return (
    <>
      <LampRow lamps={lampsOf(record, proof.data, opened)} label={words.record.lamps} lightFor={proof.data && opened ? proof.data : null} />
      <Card title={words.record.path}>
        <Loaded query={proof} height={320}>
          {(data) => (
            <div className={styles.proof}>
              <ProofPicture proof={data} label={words.record.record} />
              <Cosigners proof={data} />
            </div>
          )}
        </Loaded>
      </Card>
      <Card title={words.record.facts}>
        <Facts
          facts={[
            [words.device.observed, <Observed key="observed" item={{ record, opened }} lateMs={network?.parameters.lateMs ?? Infinity} />],
            [words.record.inBlock, <BlockLink key="block" height={record.height} />],
            [words.record.blockTime, <Time key="time" ms={record.blockTimeMs} />],
            [words.record.place, groupNumber(record.index)],
            [words.record.id, <Hash key="id" text={record.id} />],
            [words.record.before, record.sequence === 0 ? words.record.first : <Hash key="previous" text={record.previous} />],
            [words.record.body, record.body ? byteText(record.body.length) : words.record.noBody],
            [words.record.kind, words.record.kinds[record.kind]],
          ]}
        />
      </Card>
      <ReadingsTable opened={opened} />
    </>
  )
}

function BlockLink({ height }: { height: number }) {
  return (
    <Link to="/blocks/$height" params={{ height: String(height) }}>
      {groupNumber(height)}
    </Link>
  )
}

function useProof(device: string, record: StreamRecord) {
  const queries = useQueryClient()
  return useQuery({
    queryKey: ['fixed', 'proof', record.id],
    staleTime: Infinity,
    queryFn: async () => {
      const { authorities } = await queries.ensureQueryData(networkQuery)
      const identities = Promise.all(authorities.map(({ address }) => queries.fetchQuery(identityQuery(address))))
      const [receipt, deviceIdentity] = await Promise.all([queries.fetchQuery(receiptQuery(record.id)), queries.fetchQuery(identityQuery(device))])
      return proveRecord(record, receipt, deviceIdentity, await identities)
    },
  })
}

/** Each lamp stands for something that this browser computed. */
function lampsOf(record: StreamRecord, proof: RecordProof | undefined, opened: OpenedRecord | undefined): ShownLamp[] {
  const { lamp } = words.record
  const judged = (name: keyof typeof lamp, holds: boolean | undefined, ground: string): ShownLamp => ({ name, title: lamp[name].title, look: holds === undefined ? 'pending' : holds ? 'holds' : 'refuted', ground: holds === false ? lamp[name].not : ground })
  return [
    judged('signed', proof?.isSignedByDevice, lamp.signed.holds),
    judged('linked', proof?.isLinked, record.sequence === 0 ? words.record.first : lamp.linked.holds),
    judged('logged', proof && proof.root !== null, lamp.logged.holds(groupNumber(record.index), groupNumber(proof?.receipt.size ?? 0))),
    judged('cosigned', proof?.isCosigned, lamp.cosigned.holds(groupNumber(proof?.receipt.height ?? 0))),
    openedLamp(opened),
  ]
}

function openedLamp(opened: OpenedRecord | undefined): ShownLamp {
  const { title, grounds } = words.record.opened
  const lamp = { name: 'opened', title }
  switch (opened?.state) {
    case undefined:
      return { ...lamp, look: 'pending', ground: '' }
    case 'opened':
      return { ...lamp, look: 'holds', ground: grounds.opened(groupNumber(opened.readings.length)) }
    case 'broken':
      return { ...lamp, look: 'refuted', ground: opened.message }
    case 'resume':
      return { ...lamp, look: 'attention', ground: grounds.resume }
    case 'sealed':
    case 'dropped':
      return { ...lamp, look: 'unknown', ground: grounds[opened.state] }
  }
}

function Cosigners({ proof }: { proof: RecordProof }) {
  const { data: network } = useQuery(networkQuery)
  return (
    <div>
      <p className={table.muted}>{words.record.cosignedBy}</p>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">{words.network.authority}</th>
            <th scope="col">{words.network.signed}</th>
          </tr>
        </thead>
        <tbody>
          {(network?.authorities ?? []).map(({ address }) => {
            const isHere = proof.cosigners.includes(address)
            return (
              <tr key={address}>
                <td>
                  <InlineLamp look={isHere ? (proof.isCosigned ? 'holds' : 'refuted') : 'unknown'} word="" /> <Hash text={address} />
                </td>
                <td>{isHere ? <Time ms={proof.cosignedAtSeconds * 1000} /> : words.network.notCosigned}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      <p className={table.muted}>{words.record.under(groupNumber(proof.receipt.height), groupNumber(proof.receipt.size))}</p>
    </div>
  )
}
