import { Option } from 'commander'
import type { Command } from 'commander'
import { UsageError } from '../failure.ts'
import { catchInterrupts, interrupted } from '../interrupts.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import { admitMembers } from '../testnet/admission.ts'
import { startNodes } from '../testnet/nodes.ts'
import type { TestnetNode } from '../testnet/nodes.ts'
import { openPlan } from '../testnet/plan.ts'

interface TestnetOptions extends GlobalOptions {
  authorities: string
  members: string
  blockMs: string
  sealers: string
  work: string
  miningThreads: string
}

const SEALERS = ['authorities', 'anyone'] as const
const TESTNET_DIRECTORY = 'telltale-testnet'
const NODES_MAX = 32
const BLOCK_MS_MAX = 60_000
/** Beyond this no machine that runs a whole network finds a block in a day. */
const WORK_BITS_MAX = 40
const MINING_THREADS_MAX = 64

export function addTestnet(program: Command): void {
  program
    .command('testnet')
    .description('several nodes of one network on this machine, each with its page, until ctrl-C')
    .option('--authorities <count>', 'nodes that seal blocks and vote', '4')
    .option('--members <count>', 'nodes that hold and check', '3')
    .option('--block-ms <ms>', 'least time between two blocks; with work, the usual one', '500')
    .addOption(new Option('--sealers <who>', 'who seals: authorities in turn, or anyone who is registered and does the work').choices(SEALERS).default('authorities'))
    .option('--work <bits>', 'work of a block, 2^bits hashes at least; 0 for none', '0')
    .option('--mining-threads <count>', 'threads of each node that work while a block is wanted', '1')
    .addHelpText('after', `
Lies in ${TESTNET_DIRECTORY} unless --data names another directory; what was made
before goes on, with as many nodes as it has. Keys have no passwords: it is for
trying out, on this machine only. One ctrl-C stops all. With --work each node
that seals works while a block is wanted; \`telltale mine\` adds more.

Examples:
  telltale testnet
  telltale testnet --authorities 4 --members 3 --data trial --json
  telltale testnet --work 18
  telltale testnet --sealers anyone --work 18`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<TestnetOptions>()
      const output = outputOf(options)
      const directory = command.getOptionValueSourceWithGlobals('data') === 'cli' ? options.data : TESTNET_DIRECTORY
      const [authorities, members] = [readCount(options.authorities, '--authorities', 1, NODES_MAX), readCount(options.members, '--members', 0, NODES_MAX)]
      const { sealers, workBits } = readRules(options)
      const miningThreads = readCount(options.miningThreads, '--mining-threads', 0, MINING_THREADS_MAX)
      const plan = await openPlan(directory, { authorities, members, sealers, workBits, blockMs: readCount(options.blockMs, '--block-ms', 1, BLOCK_MS_MAX), nowMs: Date.now() })
      // Once, and not by every node at the same time.
      const { buildPages } = await import('../page-build.ts')
      await buildPages(output)
      const interrupts = catchInterrupts(() => output.say('Stopping all of them.'))
      const progress = output.progress('Starting')
      try {
        const started = await startNodes(plan, miningThreads, interrupts.signal, (count) => progress.update(count, plan.nodes.length, 'nodes'))
        await admitMembers(started.nodes, plan.network).catch(async (error: unknown) => {
          await started.stop()
          throw error
        })
        progress.end()
        output.result({ data: directory, network: plan.network, nodes: started.nodes }, textOf(directory, plan.network, started.nodes))
        await Promise.race([interrupted(interrupts.signal), started.ended])
        await started.stop()
      } finally {
        progress.end()
        interrupts.release()
      }
    })
}

function readRules({ sealers, work }: TestnetOptions): { sealers: 'authorities' | 'anyone'; workBits: number } {
  const workBits = readCount(work, '--work', 0, WORK_BITS_MAX)
  const isAnyone = sealers === 'anyone'
  if (isAnyone && workBits === 0) throw new UsageError('usage', 'Where anyone may seal, a block has to cost something.', { expected: '--sealers anyone --work 18', found: '--work 0' })
  return { sealers: isAnyone ? 'anyone' : 'authorities', workBits }
}

function readCount(text: string, option: string, min: number, max: number): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : -1
  if (count >= min && count <= max) return count
  throw new UsageError('usage', `${option} ${text} is not understood.`, { expected: `${min} to ${max}`, found: text })
}

function textOf(directory: string, network: string, nodes: TestnetNode[]): string {
  const width = Math.max(...nodes.map(({ name }) => name.length))
  const lines = nodes.map(({ name, link }) => `  ${name.padEnd(width)}  ${link}`)
  return `${nodes.length} nodes. Open any of them:\n\n${lines.join('\n')}\n\nnetwork  ${network}\ndata     ${directory}\nstop     Ctrl-C`
}
