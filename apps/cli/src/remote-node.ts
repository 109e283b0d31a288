import { Option } from 'commander'
import type { Command } from 'commander'
import { createClient } from '@telltale/client'
import type { Client } from '@telltale/client'
import { UsageError } from './failure.ts'
import { SMALL_FILE_BYTES_MAX, readInputText } from './input-file.ts'
import type { GlobalOptions } from './options.ts'

export interface NodeOptions extends GlobalOptions {
  node?: string
  tokenFile?: string
}

/** Options of commands that can also ask a running node. */
export function addNodeOptions(command: Command): Command {
  return command.addOption(new Option('--node <url>', 'a running node instead of a data directory').env('TELLTALE_NODE')).addOption(tokenFileOption())
}

/** `--token-file`, wherever a node is asked. */
export function tokenFileOption(): Option {
  return new Option('--token-file <file>', 'file with the token that the node asks for').env('TELLTALE_TOKEN_FILE')
}

/** Where a node answers, and the token that it asks for. */
export interface NodeAddress {
  url: string
  token: string | null
}

/** The node that a command is to ask, or null where it works on a data directory; both at once are refused (`usage`). */
export async function nodeAddressOf(command: Command, { node, tokenFile }: NodeOptions): Promise<NodeAddress | null> {
  if (node === undefined) return null
  const isBoth = command.getOptionValueSourceWithGlobals('data') === 'cli'
  if (isBoth) {
    if (command.getOptionValueSource('node') === 'env') return null
    throw new UsageError('usage', 'A command works on a data directory or asks a node, not both.', { expected: '--data or --node', found: 'both' })
  }
  return { url: readNodeUrl(node), token: tokenFile === undefined ? null : await readToken(tokenFile) }
}

export function clientOf({ url, token }: NodeAddress): Client {
  return createClient({ url, ...(token === null ? {} : { token }) })
}

/** The same as a client. */
export async function nodeOf(command: Command, options: NodeOptions): Promise<Client | null> {
  const address = await nodeAddressOf(command, options)
  return address && clientOf(address)
}

/** The address of a node without what may stand behind it (`usage`). */
export function readNodeUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (isPlain) return url.href.replace(/\/+$/, '')
  throw new UsageError('usage', `${text.slice(0, 80)} is not the address of a node.`, { expected: 'http://HOST:PORT or https://HOST', found: text.slice(0, 80) })
}

/** The token that a node asks for (the codes of `readInputText`). */
export async function readToken(path: string): Promise<string> {
  return (await readInputText(path, SMALL_FILE_BYTES_MAX)).trim()
}
