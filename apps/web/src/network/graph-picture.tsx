import type { PeerGraph } from '../api/ledger-answers.ts'
import { groupNumber } from '../text/figures.ts'
import { words } from '../words.ts'
import styles from './graph.module.css'
import { latencyText } from './node-names.ts'
import type { NodeNames } from './node-names.ts'

const SIZE = 360
const RADIUS = 132
const NODE_RADIUS = 19

interface Spot {
  x: number
  y: number
}

/** The nodes on a circle, authorities first, with their links: small enough for a phone, and the same each time. */
export function GraphPicture({ graph, names }: { graph: PeerGraph; names: NodeNames }) {
  const nodes = graph.nodes.toSorted((a, b) => (names.ofPeer(a.peer) < names.ofPeer(b.peer) ? -1 : 1))
  const spots = new Map(nodes.map(({ peer }, i) => [peer, spotOf(i, nodes.length)]))
  const { bestLink } = graph
  return (
    <svg className={styles.picture} viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={words.peers.picture(groupNumber(nodes.length), groupNumber(graph.links.length))}>
      {graph.links.map(({ from, to, latencyMs, isCut }) => (
        <Line key={`${from} ${to}`} from={spots.get(from)} to={spots.get(to)} className={isCut ? styles.cutLink : styles.link} title={`${names.ofPeer(from)}, ${names.ofPeer(to)}: ${latencyText(latencyMs)}`} />
      ))}
      {bestLink && <Line from={spots.get(bestLink.from)} to={spots.get(bestLink.to)} className={styles.missing} title={words.peers.facts.best} />}
      {nodes.map(({ peer, role, isOwn, isCut, isSilent }) => {
        const { x, y } = spots.get(peer) as Spot
        const look = [role === 'authority' ? styles.authority : styles.member, isCut ? styles.cut : '', isSilent ? styles.silent : ''].join(' ')
        return (
          <g key={peer} className={look}>
            <title>{names.ofPeer(peer)}</title>
            {isOwn && <circle cx={x} cy={y} r={NODE_RADIUS + 5} className={styles.own} />}
            <circle cx={x} cy={y} r={NODE_RADIUS} />
            <text x={x} y={y} dy="0.35em">
              {shortName(names.ofPeer(peer))}
            </text>
          </g>
        )
      })}
    </svg>
  )
}

function Line({ from, to, className, title }: { from: Spot | undefined; to: Spot | undefined; className: string | undefined; title: string }) {
  if (!from || !to) return null
  return (
    <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} className={className}>
      <title>{title}</title>
    </line>
  )
}

function spotOf(place: number, count: number): Spot {
  const angle = (2 * Math.PI * place) / Math.max(1, count) - Math.PI / 2
  return { x: SIZE / 2 + RADIUS * Math.cos(angle), y: SIZE / 2 + RADIUS * Math.sin(angle) }
}

/** `Authority 3` is `A3` where there is little room. */
function shortName(name: string): string {
  return name.replace(/^(.)\S* (\d+)$/, '$1$2')
}
