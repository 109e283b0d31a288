import { useQuery } from '@tanstack/react-query'
import type { Authorities } from '../api/ledger-answers.ts'
import { authoritiesQuery } from '../api/queries.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card } from '../shell/card.tsx'
import { Loaded } from '../shell/loaded.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { durationText, groupNumber } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import styles from './graph.module.css'

/** Who may seal, what each did last, and whose turn comes; left out where one authority decides alone. */
export function AuthoritiesCard() {
  const query = useQuery(authoritiesQuery)
  if (query.data?.isAlone === true) return null
  const set = query.data?.authorities ?? []
  const present = set.filter(({ awaySinceMs }) => awaySinceMs === null).length
  return (
    <Card title={words.turns.title(groupNumber(present), groupNumber(set.length), groupNumber(query.data?.needed ?? 0))}>
      <Loaded query={query} height={240}>
        {(data) => <AuthoritiesTable answer={data} />}
      </Loaded>
    </Card>
  )
}

type Authority = Authorities['authorities'][number]

function AuthoritiesTable({ answer: { authorities, turns } }: { answer: Authorities }) {
  const nameOf = (address: string): string => words.peers.authority(authorities.findIndex((one) => one.address === address) + 1)
  return (
    <>
      <WideTable label={words.turns.authority} columns={[[words.turns.authority], [words.turns.state], [words.turns.block, 'wide'], [words.turns.vote], [words.turns.cosignature, 'wide']]}>
        {authorities.map((authority) => (
          <tr key={authority.address}>
            <td>
              {nameOf(authority.address)} <Hash text={authority.address} />
            </td>
            <td className={table.line}>
              <State authority={authority} />
            </td>
            <td className={table.wide}>
              <Signed at={authority.block} />
            </td>
            <td>
              <Signed at={authority.vote} />
            </td>
            <td className={table.wide}>
              <Signed at={authority.cosignature} />
            </td>
          </tr>
        ))}
      </WideTable>
      <ol className={styles.turns} aria-label={words.turns.next}>
        {turns.slice(0, authorities.length).map(({ height, address }) => (
          <li key={height}>{words.turns.turn(groupNumber(height), nameOf(address))}</li>
        ))}
      </ol>
    </>
  )
}

function State({ authority: { isOwn, awaySinceMs } }: { authority: Authority }) {
  if (awaySinceMs !== null) return <InlineLamp look="attention" word={words.turns.away(durationText(Date.now() - awaySinceMs))} />
  return <InlineLamp look="holds" word={isOwn ? words.turns.own : words.turns.there} />
}

function Signed({ at }: { at: Authority['vote'] }) {
  if (!at) return <span className={table.muted}>{words.turns.never}</span>
  return (
    <>
      {groupNumber(at.height)}, <Time ms={at.timeMs} />
    </>
  )
}
