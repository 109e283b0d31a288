import { useQuery } from '@tanstack/react-query'
import type { PeerGraph } from '../api/ledger-answers.ts'
import { authoritiesQuery, peerGraphQuery } from '../api/queries.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card, Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { groupNumber } from '../text/figures.ts'
import { words } from '../words.ts'
import { GraphPicture } from './graph-picture.tsx'
import styles from './graph.module.css'
import { latencyText, nameNodes } from './node-names.ts'
import type { NodeNames } from './node-names.ts'

/** All nodes as they report each other, and what the network would fall apart without. */
export function GraphCard() {
  const graph = useQuery(peerGraphQuery)
  const authorities = useQuery(authoritiesQuery)
  return (
    <Card title={words.peers.title}>
      <Loaded query={graph} height={380}>
        {(data) => (data.isAlone ? <p>{words.peers.alone}</p> : <GraphView graph={data} names={nameNodes(data.nodes, authorities.data?.authorities.map(({ address }) => address) ?? [])} />)}
      </Loaded>
    </Card>
  )
}

function GraphView({ graph, names }: { graph: PeerGraph; names: NodeNames }) {
  const { nodes, links, isConnected, diameterMs, spreadMs, bestLink } = graph
  const cut = nodes.filter(({ isCut }) => isCut).map(({ peer }) => names.ofPeer(peer))
  return (
    <div className={layout.stack}>
      <div className={styles.columns}>
        <GraphPicture graph={graph} names={names} />
        <div className={layout.stack}>
          <Facts
            facts={[
              [words.peers.facts.nodes, groupNumber(nodes.length)],
              [words.peers.facts.links, groupNumber(links.length)],
              [words.peers.facts.diameter, diameterMs === null ? null : latencyText(diameterMs)],
              [words.peers.facts.spread, spreadMs === null ? null : latencyText(spreadMs)],
              [words.peers.facts.best, bestLink ? words.peers.best(names.ofPeer(bestLink.from), names.ofPeer(bestLink.to), latencyText(bestLink.spreadMs)) : words.peers.noBest],
            ]}
          />
          {!isConnected && <InlineLamp look="attention" word={words.peers.notConnected} />}
          {cut.length > 0 && <InlineLamp look="attention" word={words.peers.cutNodes(cut.join(', '))} />}
          <p className={table.muted}>{words.peers.legend}</p>
        </div>
      </div>
      <details className={styles.links}>
        <summary>{words.peers.linksTitle}</summary>
        <WideTable label={words.peers.linksTitle} columns={[[words.peers.from], [words.peers.to], [words.peers.latency, 'number'], [words.peers.note]]}>
          {links.map(({ from, to, latencyMs, isCut }) => (
            <tr key={`${from} ${to}`}>
              <td>{names.ofPeer(from)}</td>
              <td>{names.ofPeer(to)}</td>
              <td className={table.number}>{latencyText(latencyMs)}</td>
              <td>{isCut && words.peers.falls}</td>
            </tr>
          ))}
        </WideTable>
      </details>
    </div>
  )
}
