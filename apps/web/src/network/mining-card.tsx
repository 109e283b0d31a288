import { Button, NativeSelect } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { miningQuery, useDesk } from '../api/desk.ts'
import type { MiningThreads } from '../api/desk.ts'
import type { Network, Work } from '../api/ledger-answers.ts'
import { problemOf } from '../api/problem.ts'
import { blocksQuery, peersQuery, workQuery } from '../api/queries.ts'
import { postJson } from '../api/request.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card, Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { ProblemBox } from '../shell/problem-box.tsx'
import table from '../shell/table.module.css'
import { durationText, groupNumber } from '../text/figures.ts'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import styles from './mining.module.css'

/** Newest blocks among which those of this node are counted. */
const LATELY = 60

/** The work for the blocks of this node: what it costs, who does it, what came of it. Left out where the network asks for none, and for a node that is alone. */
export function MiningCard({ parameters }: { parameters: Network['parameters'] }) {
  const peers = useQuery(peersQuery)
  const isAsked = parameters.workBits > 0 && peers.data?.isAlone === false
  const query = useQuery({ ...workQuery, enabled: isAsked })
  if (!isAsked) return null
  return (
    <Card title={words.mining.title}>
      <Loaded query={query} height={220}>
        {(work) => (
          <div className={layout.stack}>
            <MiningFacts work={work} blockMs={parameters.blockMs} identity={peers.data?.identity ?? null} />
            <Threads working={work.miner?.threads ?? 0} />
            <div>
              <p>{words.mining.others}</p>
              <p className={styles.command}>
                <code>npx telltale mine --node {location.origin}</code>
              </p>
            </div>
          </div>
        )}
      </Loaded>
    </Card>
  )
}

function MiningFacts({ work: { work, difficulty, miner }, blockMs, identity }: { work: Work; blockMs: number; identity: string | null }) {
  const { data } = useQuery(blocksQuery(LATELY))
  const own = data?.blocks.filter(({ sealer }) => sealer === identity) ?? []
  const rate = miner?.triesPerSecond ?? 0
  const [newest] = own
  return (
    <Facts
      className={styles.facts}
      facts={[
        [words.mining.state, <State key="state" work={work} threads={miner?.threads ?? 0} />],
        [words.mining.rate, miner === null ? words.mining.noThreads : words.mining.rateOf(groupNumber(roughly(rate)), groupNumber(miner.threads))],
        [words.mining.difficulty, words.mining.hashes(groupNumber(difficulty))],
        [words.mining.alone, rate === 0 ? words.mining.notMeasured : expectedText(difficulty / rate)],
        [words.mining.target, words.mining.every(expectedText(blockMs / 1000))],
        [
          words.mining.lately,
          <span key="lately">
            {words.mining.ofNewest(groupNumber(own.length), groupNumber(data?.blocks.length ?? 0))}
            {newest && (
              <>
                , {words.mining.last} <Time ms={newest.timeMs} />
              </>
            )}
          </span>,
        ],
      ]}
    />
  )
}

function State({ work, threads }: { work: Work['work']; threads: number }) {
  if (!work) return <InlineLamp look="unknown" word={words.mining.rests} isPlain />
  if (threads === 0) return <InlineLamp look="attention" word={words.mining.waits(groupNumber(work.height))} />
  return <InlineLamp look="pending" word={words.mining.works(groupNumber(work.height))} />
}

/** Two digits: it is measured while other work is done, too. */
function roughly(value: number): number {
  return Number(value.toPrecision(2))
}

/** What takes less than a second is told in milliseconds. */
function expectedText(seconds: number): string {
  if (seconds < 0.001) return words.mining.atOnce
  return seconds < 1 ? words.peers.ms(groupNumber(seconds * 1000)) : durationText(seconds * 1000)
}

/** Starts and ends the work of this machine; only at its desk. */
function Threads({ working }: { working: number }) {
  const desk = useDesk()
  const { data } = useQuery({ ...miningQuery, enabled: desk !== null && desk !== undefined })
  const queries = useQueryClient()
  const [chosen, setChosen] = useState<number | null>(null)
  const set = useMutation({
    mutationFn: (threads: number) => postJson<MiningThreads>('/v1/desk/mining', { threads }),
    onSuccess(answer) {
      queries.setQueryData(miningQuery.queryKey, answer)
      setChosen(null)
      return queries.invalidateQueries({ queryKey: workQuery.queryKey })
    },
  })
  if (!desk || !data) return null
  const { threads, machine } = data
  const wished = chosen ?? Math.max(1, threads)
  const counts = Array.from({ length: Math.max(machine, threads) }, (_, i) => i + 1)
  const isWorking = threads > 0 || working > 0
  return (
    <div className={layout.stack}>
      <div className={styles.threads}>
        <NativeSelect label={words.mining.threads} data={counts.map((count) => ({ value: String(count), label: words.mining.ofMachine(groupNumber(count), groupNumber(machine)) }))} value={String(wished)} onChange={(event) => setChosen(Number(event.currentTarget.value))} />
        <Button loading={set.isPending} disabled={isWorking && wished === threads} onClick={() => set.mutate(wished)}>
          {isWorking ? words.mining.change : words.mining.start}
        </Button>
        <Button disabled={!isWorking || set.isPending} onClick={() => set.mutate(0)}>
          {words.mining.stop}
        </Button>
      </div>
      <p className={table.muted}>{words.mining.untilRestart}</p>
      {set.error && <ProblemBox title={words.mining.notSet} problem={problemOf(set.error)} />}
    </div>
  )
}
