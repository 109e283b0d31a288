import type { Command } from 'commander'
import type { Answer } from '@telltale/client'
import { quantityText } from '../../figures.ts'
import { printable, table } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import { addNodeOptions } from '../../remote-node.ts'
import type { NodeOptions } from '../../remote-node.ts'
import { askedNode } from '../../running-node.ts'
import { ALONE, latencyText } from './list.ts'

type Graph = Answer<'getPeerGraph'>

export function addPeersGraph(peers: Command): void {
  addNodeOptions(peers.command('graph'))
    .description('all nodes of the network as they report it, and what it would fall apart without')
    .addHelpText('after', `
Times are of messages on their way. "falls apart without" marks a node or a link
that others depend on; the link that is missing most is the one that would
shorten the time for a block to reach everyone most.

Examples:
  telltale peers graph --data my-car
  telltale peers graph --node http://127.0.0.1:8362 --json`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<NodeOptions>()
      const graph = await (await askedNode(command, options)).call('getPeerGraph', {})
      outputOf(options).result(graph, graph.isAlone ? ALONE : textOf(graph))
    })
}

function textOf(graph: Graph): string {
  const { nodes, links, isConnected, diameterMs, spreadMs, bestLink } = graph
  const names = namesOf(graph)
  const nameOf = (peer: string): string => names.get(peer) ?? peer
  const nodeRows = nodes.map(({ peer, identity, isOwn, isSilent, isCut }) => [nameOf(peer), `…${peer.slice(-8)}`, identity ?? '', [isOwn ? 'this node' : '', isSilent ? 'not heard itself' : '', isCut ? 'falls apart without it' : ''].filter((text) => text !== '').join(', ')])
  const linkRows = links.map(({ from, to, latencyMs, isCut }) => [nameOf(from), nameOf(to), latencyText(latencyMs), isCut ? 'falls apart without it' : ''])
  return [
    `${quantityText(nodes.length, 'node')}, ${quantityText(links.length, 'link')}${isConnected ? '' : '; not all of them can reach each other'}`,
    ...(diameterMs === null ? [] : [`farthest apart     ${latencyText(diameterMs)}`]),
    ...(spreadMs === null ? [] : [`a block everywhere ${latencyText(spreadMs)}`]),
    bestLink ? `missing most       ${nameOf(bestLink.from)} with ${nameOf(bestLink.to)}: a block would be everywhere after ${latencyText(bestLink.spreadMs)}` : 'missing most       no link would help',
    '',
    table([{ title: 'node', align: 'left' }, { title: 'peer', align: 'left' }, { title: 'identity', align: 'left' }, { title: '', align: 'left' }], nodeRows),
    '',
    table([{ title: 'from', align: 'left' }, { title: 'to', align: 'left' }, { title: 'latency', align: 'right' }, { title: '', align: 'left' }], linkRows),
  ].join('\n')
}

/** Role and number, by identity: the same on every node. */
function namesOf({ nodes }: Graph): Map<string, string> {
  const counts = new Map<string, number>()
  const sorted = nodes.toSorted((a, b) => ((a.identity ?? a.peer) < (b.identity ?? b.peer) ? -1 : 1))
  return new Map(
    sorted.map(({ peer, role }) => {
      const kind = printable(role ?? 'node')
      const number = (counts.get(kind) ?? 0) + 1
      counts.set(kind, number)
      return [peer, `${kind} ${number}`]
    }),
  )
}
