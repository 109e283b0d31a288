import type { Command } from 'commander'
import type { Answer } from '@telltale/client'
import { countText, durationText, quantityText } from '../../figures.ts'
import { printable, table } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import { addNodeOptions } from '../../remote-node.ts'
import type { NodeOptions } from '../../remote-node.ts'
import { askedNode } from '../../running-node.ts'

type Peer = Answer<'listPeers'>['peers'][number]

export function addPeersList(peers: Command): void {
  addNodeOptions(peers.command('list'))
    .description('who a node is connected with, and who is known and gone')
    .addHelpText('after', `
Asks the node that runs on the data directory, or the one of --node.

Examples:
  telltale peers list --data my-car
  telltale peers list --node http://127.0.0.1:8362 --json`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<NodeOptions>()
      const answer = await (await askedNode(command, options)).call('listPeers', {})
      outputOf(options).result(answer, answer.isAlone ? ALONE : textOf(answer, Date.now()))
    })
}

/** What there is to say of the network of a node without one. */
export const ALONE = 'This node is alone: it is connected with no network. Start it with --peer-listen to join one.'

function textOf({ id, addresses, peers }: Answer<'listPeers'>, nowMs: number): string {
  const connected = peers.filter(({ isConnected }) => isConnected)
  const gone = peers.filter(({ isConnected }) => !isConnected)
  return [
    `this node  ${id ?? ''}`,
    ...addresses.map((address) => `listens    ${printable(address)}`),
    '',
    `${quantityText(connected.length, 'peer')} connected${connected.length === 0 ? '; nobody answers at the addresses of --peers yet.' : ':'}`,
    ...(connected.length === 0 ? [] : [peersTable(connected, nowMs)]),
    ...(gone.length === 0 ? [] : ['', `${quantityText(gone.length, 'peer')} known and gone:`, peersTable(gone, nowMs)]),
  ].join('\n')
}

function peersTable(peers: Peer[], nowMs: number): string {
  const rows = peers.map(({ peer, identity, role, latencyMs, height, finalHeight, onlineSinceMs, offlineSinceMs, blame }) => [
    `…${peer.slice(-8)}`,
    role === null ? 'unnamed' : printable(role),
    identity ?? '',
    latencyText(latencyMs),
    height === null || finalHeight === null ? '' : `${countText(height)} (${countText(finalHeight)} final)`,
    offlineSinceMs === null ? `for ${durationText((nowMs - onlineSinceMs) / 1000)}` : `gone for ${durationText((nowMs - offlineSinceMs) / 1000)}`,
    blame === 0 ? '' : `blame ${Math.ceil(blame)} of 100`,
  ])
  return table([{ title: 'peer', align: 'left' }, { title: 'role', align: 'left' }, { title: 'identity', align: 'left' }, { title: 'latency', align: 'right' }, { title: 'block', align: 'left' }, { title: 'here', align: 'left' }, { title: '', align: 'left' }], rows, 2)
}

export function latencyText(latencyMs: number | null): string {
  if (latencyMs === null) return ''
  return latencyMs < 10 ? `${latencyMs.toFixed(1)} ms` : `${countText(Math.round(latencyMs))} ms`
}
