import type { Command } from 'commander'
import { bytesToHex, fail } from '@telltale/core'
import { createClient } from '@telltale/client'
import type { Answer, Client } from '@telltale/client'
import { readProfile, readRunning } from '@telltale/node'
import { nodeOf, readToken } from './remote-node.ts'
import type { NodeOptions } from './remote-node.ts'

/** A node that answers. */
export interface RunningNode {
  client: Client
  /** What to open in a browser, where whoever asks may read the data directory. */
  link: string | null
  health: Answer<'getHealth'>
}

const ANSWER_MS_MAX = 3000

/** The node that says it runs on this directory; null where it does not answer, because it was killed for instance. */
export async function runningNode(directory: string, token?: string): Promise<RunningNode | null> {
  const [running, profile] = [await readRunning(directory), await readProfile(directory)]
  if (!running || !profile) return null
  const client = createClient({ url: running.url, timeoutMs: ANSWER_MS_MAX, ...(token === undefined ? {} : { token }) })
  try {
    const health = await client.health()
    return health.network === bytesToHex(profile.network) ? { client, link: running.link, health } : null
  } catch {
    // Nobody there, or another node: the store itself tells how it stands.
    return null
  }
}

/** The node of --node, or the one that runs on the data directory (`node-unreachable`). */
export async function askedNode(command: Command, options: NodeOptions): Promise<Client> {
  const named = await nodeOf(command, options)
  if (named) return named
  const found = await runningNode(options.data, options.tokenFile === undefined ? undefined : await readToken(options.tokenFile))
  if (found) return found.client
  throw fail('node-unreachable', `No node runs on ${options.data}. Start it, or name another with --node URL.`, { expected: 'a running node', found: 'none' })
}
