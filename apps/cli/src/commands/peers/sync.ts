import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import { fail } from '@telltale/core'
import type { Client } from '@telltale/client'
import { countText, quantityText } from '../../figures.ts'
import { outputOf } from '../../options.ts'
import { addNodeOptions } from '../../remote-node.ts'
import type { NodeOptions } from '../../remote-node.ts'
import { askedNode } from '../../running-node.ts'

/** Between two looks at how far the node has come. */
const LOOK_MS = 250
/** A node that comes no further for so long is left to itself; it goes on asking. */
const PATIENCE_MS = 30_000

export function addPeersSync(peers: Command): void {
  addNodeOptions(peers.command('sync'))
    .description('ask all peers now for what the node lacks, and wait until it is there')
    .addHelpText('after', `
A node does so by itself every few seconds. Exit 1 when it comes no further for
half a minute; it goes on trying.

Examples:
  telltale peers sync --data my-car
  telltale peers sync --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<NodeOptions>()
      const output = outputOf(options)
      const client = await askedNode(command, options)
      const { asked, finalHeight: from } = await client.call('syncWithPeers', {})
      if (asked === 0) throw fail('no-peers', 'The node is connected with nobody; check the addresses of its --peers.', { expected: 'a connected peer', found: 'none' })
      const progress = output.progress('Synchronising')
      try {
        const height = await untilThere(client, from, (done, total) => progress.update(done, total, 'blocks'))
        progress.end()
        output.result({ asked, from, height }, `Asked ${quantityText(asked, 'peer')}; final up to block ${countText(height)}${height === from ? ', as before' : `, ${countText(height - from)} more than before`}.`)
      } finally {
        progress.end()
      }
    })
}

/** Waits until the node holds as final what its peers do (`sync-stalled`). Answers with its final height. */
async function untilThere(client: Client, from: number, onProgress: (done: number, total: number) => void): Promise<number> {
  let last = { height: from, atMs: performance.now() }
  for (;;) {
    const [{ finalHeight }, { peers }] = await Promise.all([client.health(), client.call('listPeers', {})])
    const target = Math.max(0, ...peers.map((peer) => peer.finalHeight ?? 0))
    if (finalHeight >= target) return finalHeight
    onProgress(finalHeight - from, target - from)
    if (finalHeight !== last.height) last = { height: finalHeight, atMs: performance.now() }
    if (performance.now() - last.atMs > PATIENCE_MS) throw fail('sync-stalled', 'The node comes no further; `telltale status` may say why.', { expected: `block ${target}`, found: `block ${finalHeight}` })
    await wait(LOOK_MS)
  }
}
