import { availableParallelism } from 'node:os'
import { Option } from 'commander'
import type { Command } from 'commander'
import { UsageError } from '../failure.ts'
import { countText } from '../figures.ts'
import { catchInterrupts } from '../interrupts.ts'
import { mineFor } from '../mining/mine-for.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import { clientOf, nodeAddressOf, tokenFileOption } from '../remote-node.ts'

interface MineOptions extends GlobalOptions {
  node: string
  tokenFile?: string
  threads: string
  blocks: string
}

const THREADS_MAX = 256
const BLOCKS_MAX = 1_000_000

export function addMine(program: Command): void {
  program
    .command('mine')
    .description('do the work for the blocks of a running node, until ctrl-C')
    .addOption(new Option('--node <url>', 'the node; it seals what is found').env('TELLTALE_NODE').makeOptionMandatory())
    .addOption(tokenFileOption())
    .option('--threads <count>', 'threads that search; all of this machine if not given', String(availableParallelism()))
    .option('--blocks <count>', 'end after so many blocks; 0 for never', '0')
    .addHelpText('after', `
Any number of them may work for one node, on any machine. The node is one of a
network that asks for work, such as \`telltale testnet --work 18\` starts; whoever
runs it seals the blocks, so that this command needs no keys.

Examples:
  telltale mine --node http://127.0.0.1:8362
  telltale mine --node http://127.0.0.1:8362 --threads 2 --blocks 10 --json`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<MineOptions>()
      const output = outputOf(options)
      const threads = readCount(options.threads, '--threads', 1, THREADS_MAX)
      const blocksMax = readCount(options.blocks, '--blocks', 0, BLOCKS_MAX)
      const address = await nodeAddressOf(command, options)
      if (!address) throw new UsageError('usage', 'Mining works for a node and needs no data directory.', { expected: '--node URL', found: '--data' })
      const client = clientOf(address)
      const interrupts = catchInterrupts(() => output.say('Stopping.'))
      const progress = output.progress('Searching')
      try {
        const mined = await mineFor(client, {
          threads,
          blocksMax,
          signal: interrupts.signal,
          onTries: (tries) => progress.update(tries, null, 'hashes'),
          onBlock: ({ height, triesPerSecond }) => output.say(`Block ${height} sealed; ${countText(triesPerSecond)} hashes a second.`),
          onTrouble: (message) => output.warn(message),
        })
        progress.end()
        output.result({ node: client.url, threads, ...mined }, `blocks  ${countText(mined.blocks)}\nlate    ${countText(mined.stale)}\nhashes  ${countText(mined.tries)}\nrate    ${countText(mined.triesPerSecond)} hashes a second`)
      } finally {
        progress.end()
        interrupts.release()
      }
    })
}

function readCount(text: string, option: string, min: number, max: number): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : -1
  if (count >= min && count <= max) return count
  throw new UsageError('usage', `${option} ${text} is not understood.`, { expected: `${min} to ${max}`, found: text })
}
