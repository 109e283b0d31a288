import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { BlockLine } from '../api/ledger-answers.ts'
import { blocksQuery } from '../api/queries.ts'
import { Card, Empty } from '../shell/card.tsx'
import { Loaded } from '../shell/loaded.tsx'
import { groupNumber, timeText } from '../text/figures.ts'
import { words } from '../words.ts'
import styles from './network.module.css'

const BARS = 60

/** The newest blocks as bars, as high as they hold transactions; each leads to its block. */
export function BlocksCard() {
  const query = useQuery(blocksQuery(BARS))
  return (
    <Card title={words.blocks.newest}>
      <Loaded query={query} height={72}>
        {({ blocks }) => (blocks.length === 0 ? <Empty>{words.blocks.none}</Empty> : <Bars blocks={blocks.toReversed()} />)}
      </Loaded>
    </Card>
  )
}

function Bars({ blocks }: { blocks: BlockLine[] }) {
  const most = Math.max(...blocks.map(({ transactions }) => transactions))
  return (
    <ol className={styles.bars}>
      {blocks.map(({ height, transactions, timeMs }) => (
        <li key={height}>
          <Link to="/blocks/$height" params={{ height: String(height) }} aria-label={words.blocks.bar(groupNumber(height), groupNumber(transactions))} title={`${words.blocks.bar(groupNumber(height), groupNumber(transactions))}, ${timeText(timeMs, Date.now())}`}>
            <span style={{ height: `${barHeight(transactions, most)}px` }} />
          </Link>
        </li>
      ))}
    </ol>
  )
}

/** As high as the root of their share: one large block does not flatten all others. */
function barHeight(transactions: number, most: number): number {
  return Math.max(4, Math.round(Math.sqrt(transactions / most) * 52))
}
