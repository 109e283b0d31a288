import { Option } from 'commander'
import type { Command } from 'commander'
import { UsageError } from './failure.ts'

/** Why a command asks no node, and what to do instead; by the beginning of its path. The first that fits counts. */
const REASONS: [path: string, reason: string][] = [
  ['store', 'It reads and writes the files of a data directory. Run it on the machine where they lie.'],
  ['accounts', 'Who may log in at a node is kept in its data directory. Run it on the machine of the node; it may run meanwhile.'],
  ['tokens', 'Who may ask a node is kept in its data directory. Run it on the machine of the node; it may run meanwhile.'],
  ['keys', 'Keys never leave the directory that they lie in. Run it there.'],
  ['asset consent', 'It needs your key and the file of the owner, and sends nothing. Run it where your key lies.'],
  ['device forget', 'What is forgotten is dropped from the store, and its keys from the directory. Run it where both lie, with the node stopped.'],
  ['chain', 'A node does not give its whole store to others over HTTP. Run it on the machine of the node, or begin a node of your own with `telltale init --join`.'],
  ['gateway', 'A gateway has a directory of its own; the node that it passes records on to is that of --upstream.'],
  ['start', 'It runs a node on a data directory; other nodes are those of --peers.'],
  ['', 'It works on a directory of this machine.'],
]

/** Gives a command that asks no node a hidden `--node`, so that whoever tries it is told where to run it (`directory-needed`). */
export function refuseNode(command: Command, path: string): void {
  if (command.options.some(({ long }) => long === '--node')) return
  command.addOption(new Option('--node <url>').hideHelp())
  command.hook('preAction', () => {
    if (command.getOptionValue('node') === undefined) return
    const [, reason] = REASONS.find(([begin]) => path === begin || begin === '' || path.startsWith(`${begin} `))!
    throw new UsageError('directory-needed', `\`telltale ${path}\` asks no node. ${reason}`, { expected: '--data DIR', found: '--node' })
  })
}
