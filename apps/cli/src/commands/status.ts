import type { Command } from 'commander'
import { bytesToHex, fail } from '@telltale/core'
import type { Client } from '@telltale/client'
import { openHomeLedger } from '@telltale/node'
import { EXIT_REFUSED } from '../exit-code.ts'
import { countText, quantityText, timeText } from '../figures.ts'
import { hang, printable } from '../layout.ts'
import { outputOf } from '../options.ts'
import type { Output } from '../output.ts'
import { addNodeOptions, nodeOf } from '../remote-node.ts'
import type { NodeOptions } from '../remote-node.ts'
import { runningNode } from '../running-node.ts'
import type { RunningNode } from '../running-node.ts'

export function addStatus(program: Command): void {
  addNodeOptions(program.command('status'))
    .description('how a node stands')
    .addHelpText('after', `
Asks the node of the data directory, or the one of --node. Exit 0 when it is
well or stopped, 1 when it is stalled or stopping.

Examples:
  telltale status --data my-car
  telltale status --node http://127.0.0.1:8362 --json`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<NodeOptions>()
      const output = outputOf(options)
      const remote = await nodeOf(command, options)
      const found = remote ? { client: remote, link: null, health: await healthOf(remote) } : await runningNode(options.data)
      if (found) showRunning(found, output)
      else await showStopped(options.data, output)
    })
}

/** What answers there may be something else, a gateway for instance (`unexpected-answer`). */
async function healthOf(client: Client): Promise<RunningNode['health']> {
  const health: Partial<RunningNode['health']> = await client.health()
  if (typeof health.height === 'number' && typeof health.network === 'string') return health as RunningNode['health']
  throw fail('unexpected-answer', `What answers at ${client.url} is no node; a gateway says how it stands at its own /health.`, { expected: 'a node', found: 'something else' })
}

const LABEL_WIDTH = 9

function showRunning({ client, link, health }: RunningNode, output: Output): void {
  const { status, version, network, height, size, sinceMs, stalled } = health
  const words = { ok: 'well', stalled: 'stalled: it makes no blocks any more; its log says why, and a restart shows what is there', stopping: 'stopping' }[status]
  output.result({ isRunning: true, url: client.url, link, ...health }, [`${client.url} is ${words}.`, `network  ${network}`, `height   block ${countText(height)}, ${quantityText(size, 'transaction')}`, `since    ${timeText(sinceMs)}, version ${version}`, ...stallLines(stalled, output), ...(link === null ? [] : [`open     ${link}`])].join('\n'))
  if (status !== 'ok') process.exitCode = EXIT_REFUSED
}

/** What does not go on, who is missing, and what helps. */
function stallLines(stalled: RunningNode['health']['stalled'], { terminal }: Output): string[] {
  if (!stalled) return []
  const line = (label: string, text: string): string => hang(label.padEnd(LABEL_WIDTH), LABEL_WIDTH, printable(text), terminal.width)
  return [
    line('stands', `since ${timeText(stalled.sinceMs)}. ${stalled.message}`),
    ...stalled.missing.map(({ address, sinceMs }) => line('missing', `${address}, since ${timeText(sinceMs)}`)),
    line('do this', stalled.help),
  ]
}

async function showStopped(directory: string, output: Output): Promise<void> {
  const opened = await openHomeLedger(directory)
  try {
    const { network, position } = opened.ledger
    const { height, log, timeMs } = position
    output.result({ isRunning: false, data: directory, network: bytesToHex(network), height, size: log.size, timeMs }, [`No node runs on ${directory}.`, `network  ${bytesToHex(network)}`, `height   block ${countText(height)}, ${quantityText(log.size, 'transaction')}, ${timeText(timeMs)}`].join('\n'))
  } finally {
    await opened.close()
  }
}
