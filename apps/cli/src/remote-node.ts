import { readFile } from 'node:fs/promises'
import { Option } from 'commander'
import type { Command } from 'commander'
import { createClient } from '@telltale/client'
import type { Client } from '@telltale/client'
import { UsageError } from './failure.ts'
import type { GlobalOptions } from './options.ts'

export interface NodeOptions extends GlobalOptions {
  node?: string
  tokenFile?: string
}

/** Options of commands that can also ask a running node. */
export function addNodeOptions(command: Command): Command {
  return command
    .addOption(new Option('--node <url>', 'a running node instead of a data directory').env('TELLTALE_NODE'))
    .addOption(new Option('--token-file <file>', 'file with the token that the node asks for').env('TELLTALE_TOKEN_FILE'))
}

/** The node that a command is to ask, or null where it works on a data directory; both at once are refused (`usage`). */
export async function nodeOf(command: Command, { node, tokenFile }: NodeOptions): Promise<Client | null> {
  if (node === undefined) return null
  const isBoth = command.getOptionValueSourceWithGlobals('data') === 'cli'
  if (isBoth) {
    if (command.getOptionValueSource('node') === 'env') return null
    throw new UsageError('usage', 'A command works on a data directory or asks a node, not both.', { expected: '--data or --node', found: 'both' })
  }
  if (!/^https?:\/\/[^\s/]+\/?$/.test(node)) throw new UsageError('usage', `--node ${node} is no address of a node.`, { expected: 'http://HOST:PORT', found: node })
  const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim()
  return createClient({ url: node, ...(token === undefined ? {} : { token }) })
}
