import { useQuery } from '@tanstack/react-query'
import type { Peers } from '../api/ledger-answers.ts'
import { authoritiesQuery, peerGraphQuery, peersQuery } from '../api/queries.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card, Empty } from '../shell/card.tsx'
import { Loaded } from '../shell/loaded.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { groupNumber } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import { latencyText, nameNodes } from './node-names.ts'
import type { NodeNames } from './node-names.ts'

/** Whom this node is connected with, and who is gone; nothing for a node that is alone, as the graph says so already. */
export function PeersCard() {
  const query = useQuery(peersQuery)
  const graph = useQuery(peerGraphQuery)
  const authorities = useQuery(authoritiesQuery)
  if (query.data?.isAlone === true) return null
  const names = nameNodes(graph.data?.nodes ?? [], authorities.data?.authorities.map(({ address }) => address) ?? [])
  return (
    <Card title={words.peers.peersTitle}>
      <Loaded query={query} height={280}>
        {({ peers }) => (peers.length === 0 ? <Empty>{words.peers.nobody}</Empty> : <PeersTable peers={peers} names={names} />)}
      </Loaded>
    </Card>
  )
}

function PeersTable({ peers, names }: { peers: Peers['peers']; names: NodeNames }) {
  return (
    <WideTable label={words.peers.peersTitle} columns={[[words.peers.node], [words.peers.state], [words.peers.latency, 'number'], [words.peers.height, 'number', 'wide'], [words.peers.finalHeight, 'number', 'wide'], [words.peers.since, 'wide'], [words.peers.software, 'wide'], [words.peers.blame, 'wide']]}>
      {peers.map(({ peer, identity, isConnected, latencyMs, height, finalHeight, onlineSinceMs, offlineSinceMs, software, blame }) => (
        <tr key={peer}>
          <td>
            {identity === null ? names.ofPeer(peer) : (names.ofIdentity(identity) ?? '')} <Hash text={identity ?? peer} />
          </td>
          <td className={table.line}>
            <InlineLamp look={isConnected ? 'holds' : 'unknown'} word={isConnected ? words.peers.connected : words.peers.gone} />
          </td>
          <td className={table.number}>{isConnected ? latencyText(latencyMs) : ''}</td>
          <td className={`${table.number} ${table.wide}`}>{height === null ? '' : groupNumber(height)}</td>
          <td className={`${table.number} ${table.wide}`}>{finalHeight === null ? '' : groupNumber(finalHeight)}</td>
          <td className={table.wide}>
            <Time ms={offlineSinceMs ?? onlineSinceMs} />
          </td>
          <td className={table.wide}>{software}</td>
          <td className={table.wide}>{blame === 0 ? words.peers.blameless : words.peers.blamed(groupNumber(blame))}</td>
        </tr>
      ))}
    </WideTable>
  )
}
