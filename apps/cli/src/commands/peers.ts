import type { Command } from 'commander'
import { addPeersGraph } from './peers/graph.ts'
import { addPeersList } from './peers/list.ts'
import { addPeersSync } from './peers/sync.ts'

export function addPeers(program: Command): void {
  const peers = program.command('peers').description('the nodes around a node')
  addPeersList(peers)
  addPeersGraph(peers)
  addPeersSync(peers)
}
