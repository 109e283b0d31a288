import { useQuery } from '@tanstack/react-query'
import { poolQuery } from '../api/queries.ts'
import { Card, Facts } from '../shell/card.tsx'
import { Loaded } from '../shell/loaded.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { byteText, durationText, groupNumber } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { words } from '../words.ts'

/** What waits for a block or to become final, by sender. */
export function PoolCard() {
  const query = useQuery(poolQuery)
  return (
    <Card title={words.pool.title}>
      <Loaded query={query} height={44}>
        {({ count, bytes, oldest, senders }) =>
          count === 0 ? (
            <p className={table.muted}>{words.pool.empty}</p>
          ) : (
            <>
              <Facts facts={[[words.pool.count, groupNumber(count)], [words.pool.size, byteText(bytes)], [words.pool.oldest, oldest && waited(oldest.sinceMs)]]} />
              <WideTable label={words.pool.title} columns={[[words.pool.sender], [words.pool.count, 'number'], [words.pool.size, 'number'], [words.pool.oldest, 'number']]}>
                {senders.slice(0, 20).map((sender) => (
                  <tr key={sender.sender}>
                    <td>
                      <Hash text={sender.sender} />
                    </td>
                    <td className={table.number}>{groupNumber(sender.count)}</td>
                    <td className={table.number}>{byteText(sender.bytes)}</td>
                    <td className={table.number}>{waited(sender.oldestMs)}</td>
                  </tr>
                ))}
              </WideTable>
            </>
          )
        }
      </Loaded>
    </Card>
  )
}

function waited(sinceMs: number): string {
  return durationText(Math.max(0, Date.now() - sinceMs))
}
