import { Button } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { BlockLine } from '../api/ledger-answers.ts'
import { blocksQuery } from '../api/queries.ts'
import { Card, Empty } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { PageHead } from '../shell/page-head.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { byteText, groupNumber } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import { BranchesCard } from './branches-card.tsx'
import { RefusedCard } from './refused-card.tsx'

const PAGE = 25

/** The blocks of the ledger, the newest first. */
export function BlocksPage() {
  const [before, setBefore] = useState<number | undefined>(undefined)
  const query = useQuery({ ...blocksQuery(PAGE, before), placeholderData: keepPreviousData })
  return (
    <div className={layout.page}>
      <PageHead title={words.blocks.title}>{words.blocks.subtitle}</PageHead>
      <Card>
        <Loaded query={query} height={44 * PAGE}>
          {({ blocks, before: next }) =>
            blocks.length === 0 ? (
              <Empty>{words.blocks.none}</Empty>
            ) : (
              <>
                <BlocksTable blocks={blocks} />
                <div className={table.pages}>
                  <Button disabled={next === null} onClick={() => setBefore(next ?? undefined)}>
                    {words.blocks.older}
                  </Button>
                  <Button disabled={before === undefined} onClick={() => setBefore(undefined)}>
                    {words.blocks.toNewest}
                  </Button>
                </div>
              </>
            )
          }
        </Loaded>
      </Card>
      <BranchesCard />
      <RefusedCard />
    </div>
  )
}

function BlocksTable({ blocks }: { blocks: BlockLine[] }) {
  const first = useRef(blocks[0]?.height ?? 0)
  return (
    <WideTable label={words.blocks.title} columns={[[words.blocks.block], [words.blocks.time], [words.blocks.transactions, 'number'], [words.blocks.size, 'number', 'wide'], [words.blocks.sealer, 'wide']]}>
      {blocks.map(({ height, timeMs, transactions, bytes, sealer }) => (
        <tr key={height} className={height > first.current ? table.new : undefined}>
          <td>
            <Link to="/blocks/$height" params={{ height: String(height) }}>
              {groupNumber(height)}
            </Link>
          </td>
          <td>
            <Time ms={timeMs} />
          </td>
          <td className={table.number}>{groupNumber(transactions)}</td>
          <td className={`${table.number} ${table.wide}`}>{byteText(bytes)}</td>
          <td className={table.wide}>
            <Hash text={sealer} />
          </td>
        </tr>
      ))}
    </WideTable>
  )
}
