import { useQuery } from '@tanstack/react-query'
import { refusedBlocksQuery } from '../api/queries.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { groupNumber, shorten } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { ReadableText } from '../text/readable-text.tsx'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'

/** Lines that are shown; the API lists more. */
const SHOWN = 20

/** What this node refused of others, and why; left out where there are no others. */
export function RefusedCard() {
  const query = useQuery(refusedBlocksQuery)
  if (query.data?.isAlone === true) return null
  return (
    <Card title={words.branches.refusedTitle}>
      <Loaded query={query} height={44}>
        {({ counts, blocks, doubleVotes }) =>
          counts.length === 0 ? (
            <p className={table.muted}>{words.branches.refusedNone}</p>
          ) : (
            <div className={layout.stack}>
              <p>{counts.map(({ code, count }) => words.branches.count(code, groupNumber(count))).join(', ')}</p>
              {doubleVotes.map(({ address, votes }) => (
                <InlineLamp key={`${address} ${votes[0]?.targetId}`} look="refuted" word={words.branches.doubleVote(shorten(address))} />
              ))}
              {blocks.length > 0 && (
                <WideTable label={words.branches.refusedTitle} columns={[[words.branches.block], [words.branches.why], [words.branches.id, 'wide'], [words.branches.when, 'wide']]}>
                  {blocks.slice(0, SHOWN).map(({ height, id, timeMs, code, message }) => (
                    <tr key={`${id} ${timeMs}`}>
                      <td>{groupNumber(height)}</td>
                      <td>
                        <ReadableText text={message} /> ({code})
                      </td>
                      <td className={table.wide}>
                        <Hash text={id} />
                      </td>
                      <td className={table.wide}>
                        <Time ms={timeMs} />
                      </td>
                    </tr>
                  ))}
                </WideTable>
              )}
            </div>
          )
        }
      </Loaded>
    </Card>
  )
}
