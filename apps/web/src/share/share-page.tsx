import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { grantsQuery } from '../api/desk.ts'
import type { Desk, DeskDevice, GrantList } from '../api/desk.ts'
import { problemOf } from '../api/problem.ts'
import { postJson } from '../api/request.ts'
import { Card, Empty } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { NeedsDesk } from '../shell/needs-desk.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { ProblemBox } from '../shell/problem-box.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { groupNumber } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { streamName } from '../text/stream.ts'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import { GrantForm } from './grant-form.tsx'

/** Whom the owner lets read: which stream, from when to when, and no further. */
export function SharePage() {
  const { device } = useParams({ from: '/devices/$device/share' })
  return (
    <div className={layout.page}>
      <PageHead title={words.share.title}>{words.share.subtitle}</PageHead>
      <NeedsDesk>
        {(desk) => {
          const own = desk.devices.find((item) => item.device === device)
          return own ? <Sharing desk={desk} device={own} /> : <Card>{words.certificate.notYours}</Card>
        }}
      </NeedsDesk>
    </div>
  )
}

function Sharing({ desk, device }: { desk: Desk; device: DeskDevice }) {
  const queries = useQueryClient()
  const query = useQuery(grantsQuery(device.device))
  const put = (list: GrantList): void => void queries.setQueryData(grantsQuery(device.device).queryKey, list)
  const revoke = useMutation({ mutationFn: (body: { stream: string; reader: string }) => postJson<GrantList>('/v1/desk/revocations', body), onSuccess: put })
  return (
    <>
      <GrantForm desk={desk} device={device} onGranted={put} />
      {revoke.error && <ProblemBox title={words.share.notRevoked} problem={problemOf(revoke.error)} />}
      <Loaded query={query} height={260}>
        {(list) => (
          <>
            <Standing list={list} isBusy={revoke.isPending} onRevoke={revoke.mutate} />
            <Given list={list} />
          </>
        )}
      </Loaded>
    </>
  )
}

function Standing({ list: { standing }, isBusy, onRevoke }: { list: GrantList; isBusy: boolean; onRevoke: (grant: { stream: string; reader: string }) => void }) {
  return (
    <Card title={words.share.standing}>
      {standing.length === 0 ? (
        <Empty>{words.share.nobody}</Empty>
      ) : (
        <WideTable label={words.share.standing} columns={[[words.share.reader], [words.share.stream], [words.share.records], [words.share.action]]}>
          {standing.map((grant) => (
            <tr key={`${grant.stream} ${grant.reader}`}>
              <td>
                <ReaderName grant={grant} />
              </td>
              <td>{streamName(grant.stream)}</td>
              <td>{rangeText(grant)}</td>
              <td>
                <Button disabled={isBusy} onClick={() => onRevoke({ stream: grant.stream, reader: grant.reader })} aria-label={words.share.revokeFrom(grant.readerName ?? grant.reader, streamName(grant.stream))}>
                  {words.share.revoke}
                </Button>
              </td>
            </tr>
          ))}
        </WideTable>
      )}
    </Card>
  )
}

function Given({ list: { grants } }: { list: GrantList }) {
  if (grants.length === 0) return null
  return (
    <Card title={words.share.given}>
      <WideTable label={words.share.given} columns={[[words.share.reader], [words.share.stream], [words.share.records], [words.share.when], [words.share.kept, 'wide']]}>
        {grants.map((grant, i) => (
          <tr key={i}>
            <td>
              <ReaderName grant={grant} />
            </td>
            <td>{streamName(grant.stream)}</td>
            <td>{rangeText(grant)}</td>
            <td>
              <Time ms={grant.timeMs} />
            </td>
            <td className={table.wide}>{words.share.days(groupNumber(grant.days))}</td>
          </tr>
        ))}
      </WideTable>
      <p className={table.muted}>{words.share.cannotUnread}</p>
    </Card>
  )
}

function ReaderName({ grant: { reader, readerName } }: { grant: { reader: string; readerName: string | null } }) {
  return readerName === null ? <Hash text={reader} /> : <span title={reader}>{readerName}</span>
}

function rangeText({ from, to }: { from: number; to: number | null }): string {
  return to === null ? words.share.fromOn(groupNumber(from)) : words.share.fromTo(groupNumber(from), groupNumber(to))
}
