import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Block } from '../api/ledger-answers.ts'
import { blockQuery } from '../api/queries.ts'
import { Card, Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { PageHead } from '../shell/page-head.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { byteText, groupNumber } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'

/** One block and what stands in it. */
export function BlockPage() {
  const { height } = useParams({ from: '/blocks/$height' })
  const query = useQuery(blockQuery(Number(height)))
  return (
    <div className={layout.page}>
      <PageHead title={words.blocks.one(groupNumber(Number(height)))} />
      <Loaded query={query} height={400}>
        {(block) => <BlockView block={block} />}
      </Loaded>
    </div>
  )
}

/** Transactions that are shown before somebody asks for all. */
const SHOWN = 30

function BlockView({ block }: { block: Block }) {
  const [isAll, setAll] = useState(false)
  const shown = isAll ? block.transactions : block.transactions.slice(0, SHOWN)
  return (
    <>
      <Card>
        <Facts
          facts={[
            [words.blocks.time, <Time key="time" ms={block.timeMs} />],
            [words.blocks.id, <Hash key="id" text={block.id} />],
            [words.blocks.sealer, <Hash key="sealer" text={block.sealer} />],
            [words.blocks.transactions, groupNumber(block.count)],
            [words.blocks.size, byteText(block.bytes)],
            [words.blocks.logSize, groupNumber(block.size)],
            [words.blocks.logRoot, <Hash key="log-root" text={block.logRoot} />],
            [words.blocks.stateRoot, <Hash key="state-root" text={block.stateRoot} />],
          ]}
        />
      </Card>
      <Card title={words.blocks.holds}>
        <WideTable label={words.blocks.holds} columns={[[words.blocks.place], [words.blocks.what], [words.blocks.by], [words.blocks.about, 'wide'], [words.blocks.size, 'number', 'wide']]}>
          {shown.map((transaction) => (
            <tr key={transaction.id}>
              <td>{groupNumber(transaction.index)}</td>
              <td>
                <What transaction={transaction} />
              </td>
              <td>
                <Hash text={transaction.iss} />
              </td>
              <td className={table.wide}>{transaction.sub.length > 40 ? <Hash text={transaction.sub} /> : transaction.sub}</td>
              <td className={`${table.number} ${table.wide}`}>{byteText(transaction.bytes)}</td>
            </tr>
          ))}
        </WideTable>
        {shown.length < block.transactions.length && (
          <div className={table.pages}>
            <Button onClick={() => setAll(true)}>{words.record.all(groupNumber(block.transactions.length))}</Button>
          </div>
        )}
        {block.transactions.length < block.count && <p className={table.muted}>{words.blocks.more(groupNumber(block.count - block.transactions.length))}</p>}
      </Card>
    </>
  )
}

const RECORD = 16

function What({ transaction: { call, callName, iss, sub, sequence } }: { transaction: Block['transactions'][number] }) {
  const label = words.blocks.calls[callName] ?? callName
  if (call !== RECORD) return label
  return (
    <Link to="/devices/$device/$name/$sequence" params={{ device: iss, name: sub, sequence: String(sequence) }}>
      {label} {groupNumber(sequence)}
    </Link>
  )
}
