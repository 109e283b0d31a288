import type { Authorities } from '../api/ledger-answers.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card } from '../shell/card.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { durationText, groupNumber } from '../text/figures.ts'
import { words } from '../words.ts'
import styles from './governance.module.css'
import { Who } from './who.tsx'
import type { NameOf } from './who.tsx'

/** Who is in the set, since when, and what is decided about it and waits. */
export function MembersCard({ authorities: { height, authorities, pending }, nameOf }: { authorities: Authorities; nameOf: NameOf }) {
  return (
    <Card title={words.governance.inForce(groupNumber(height + 1))}>
      <WideTable label={words.governance.authority} columns={[[words.governance.authority], [words.governance.since], [words.governance.key, 'wide'], [words.governance.state]]}>
        {authorities.map(({ address, algorithm, keyNumber, sinceHeight, isOwn, awaySinceMs }) => (
          <tr key={address}>
            <td>
              <Who address={address} nameOf={nameOf} />
            </td>
            <td>{sinceHeight === 0 ? words.governance.sinceStart : words.governance.sinceBlock(groupNumber(sinceHeight))}</td>
            <td className={table.wide}>{words.governance.keyOf(algorithm, groupNumber(keyNumber))}</td>
            <td className={table.line}>{awaySinceMs === null ? <InlineLamp look="holds" word={isOwn ? words.turns.own : words.turns.there} /> : <InlineLamp look="attention" word={words.turns.away(durationText(Date.now() - awaySinceMs))} />}</td>
          </tr>
        ))}
      </WideTable>
      {pending.length === 0 ? (
        <p className={table.muted}>{words.governance.noChange}</p>
      ) : (
        <div className={styles.pending}>
          <h3>{words.governance.nextChange}</h3>
          {pending.map((change) => (
            <PendingChange key={change.decidedHeight} change={change} nameOf={nameOf} />
          ))}
        </div>
      )}
    </Card>
  )
}

function PendingChange({ change: { decidedHeight, earliestHeight, joins, leaves }, nameOf }: { change: Authorities['pending'][number]; nameOf: NameOf }) {
  const isIn = (list: { address: string }[], address: string): boolean => list.some((one) => one.address === address)
  const moves = [
    ...joins.map(({ address }) => ({ address, word: isIn(leaves, address) ? words.governance.changesKey : words.governance.joins })),
    ...leaves.filter(({ address }) => !isIn(joins, address)).map(({ address }) => ({ address, word: words.governance.leaves })),
  ]
  return (
    <div>
      {moves.map(({ address, word }) => (
        <p key={address}>
          <Who address={address} nameOf={nameOf} /> <InlineLamp look="pending" word={word} />
        </p>
      ))}
      <p className={table.muted}>{words.governance.waits(groupNumber(decidedHeight), groupNumber(earliestHeight))}</p>
    </div>
  )
}
