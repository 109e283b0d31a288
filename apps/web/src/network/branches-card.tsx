import { useQuery } from '@tanstack/react-query'
import type { Branches } from '../api/ledger-answers.ts'
import { branchesQuery } from '../api/queries.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { groupNumber } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'

/** Blocks that are not final, on all branches, and how forks ended. */
export function BranchesCard() {
  const query = useQuery(branchesQuery)
  return (
    <Card title={words.branches.title}>
      <Loaded query={query} height={90}>
        {(data) => (data.isAlone ? <p>{words.branches.alone}</p> : <BranchesView branches={data} />)}
      </Loaded>
    </Card>
  )
}

function BranchesView({ branches: { head, justifiedHeight, final, blocks, lost } }: { branches: Branches }) {
  const tips = blocks.filter(({ id }) => !blocks.some(({ parent }) => parent === id))
  return (
    <div className={layout.stack}>
      <p>{blocks.length === 0 ? words.branches.rest(groupNumber(final.height)) : words.branches.state(groupNumber(head.height), groupNumber(justifiedHeight), groupNumber(final.height))}</p>
      {tips.length > 1 && <InlineLamp look="pending" word={words.branches.fork(groupNumber(tips.length))} />}
      {blocks.length > 0 && <OpenBlocks blocks={blocks} />}
      {lost.length === 0 ? <p className={table.muted}>{words.branches.lostNone}</p> : <LostBlocks lost={lost} />}
    </div>
  )
}

function OpenBlocks({ blocks }: { blocks: Branches['blocks'] }) {
  return (
    <WideTable label={words.branches.title} columns={[[words.branches.block], [words.branches.branch], [words.branches.votes], [words.branches.id, 'wide'], [words.branches.parent, 'wide'], [words.branches.sealer, 'wide'], [words.branches.turn, 'number', 'wide'], [words.branches.weight, 'number', 'wide']]}>
      {blocks.toReversed().map(({ height, id, parent, sealer, turn, weight, votes, votesNeeded, isJustified, isOnHead }) => (
        <tr key={id}>
          <td>{groupNumber(height)}</td>
          <td>
            <InlineLamp look={isOnHead ? 'pending' : 'unknown'} word={isOnHead ? words.branches.built : words.branches.other} />
          </td>
          <td>{isJustified ? <InlineLamp look="holds" word={words.branches.justified} /> : words.branches.ofVotes(groupNumber(votes.length), groupNumber(votesNeeded))}</td>
          <td className={table.wide}>
            <Hash text={id} />
          </td>
          <td className={table.wide}>
            <Hash text={parent} />
          </td>
          <td className={table.wide}>
            <Hash text={sealer} />
          </td>
          <td className={`${table.number} ${table.wide}`}>{groupNumber(turn)}</td>
          <td className={`${table.number} ${table.wide}`}>{groupNumber(weight)}</td>
        </tr>
      ))}
    </WideTable>
  )
}

function LostBlocks({ lost }: { lost: Branches['lost'] }) {
  return (
    <div>
      <h3>{words.branches.lostTitle}</h3>
      <WideTable label={words.branches.lostTitle} columns={[[words.branches.block], [words.branches.lost], [words.branches.won], [words.branches.sealer, 'wide'], [words.branches.turn, 'number', 'wide'], [words.branches.when, 'wide']]}>
        {lost.map(({ height, id, wonId, sealer, turn, timeMs }) => (
          <tr key={id}>
            <td>{groupNumber(height)}</td>
            <td>
              <Hash text={id} />
            </td>
            <td>
              <Hash text={wonId} />
            </td>
            <td className={table.wide}>
              <Hash text={sealer} />
            </td>
            <td className={`${table.number} ${table.wide}`}>{groupNumber(turn)}</td>
            <td className={table.wide}>
              <Time ms={timeMs} />
            </td>
          </tr>
        ))}
      </WideTable>
    </div>
  )
}
