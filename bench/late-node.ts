import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { assert, hexToBytes } from '@telltale/core'
import { createClient } from '@telltale/client'
import { createNodePrimitives, createWallet } from '@telltale/node'
import { runCommand, startCommand } from '../test/process.ts'
import type { Running } from '../test/process.ts'
import { enrolDevices } from './network.ts'

const PRIMITIVES = createNodePrimitives()
const SYNC_MS_MAX = 30 * 60_000

/** A node that others can reach. */
export interface Peer {
  url: string
  peerAddress: string
}

export interface Health {
  finalHeight: number
  size: number
}

export async function healthOf({ url }: Pick<Peer, 'url'>): Promise<Health> {
  return (await (await fetch(`${url}/health`)).json()) as Health
}

/** Devices that are admitted over HTTP by the authority whose directory this is. */
export async function enrolOver(url: string, { network, authorityData, deviceCount }: { network: Uint8Array; authorityData: string; deviceCount: number }): Promise<{ secrets: Uint8Array[] }> {
  const { address, signer } = await createWallet(authorityData, undefined).open('authority')
  const client = createClient({ url })
  return enrolDevices({
    network,
    authority: { address, signer },
    primitives: PRIMITIVES,
    deviceCount,
    algorithm: 'EdDSA',
    async submit(bytes) {
      const [result] = await client.submit([{ bytes, attachments: [] }])
      assert(result?.status === 'certified', JSON.stringify(result))
      return { id: hexToBytes(result.id as string) }
    },
  })
}

/** A new node joins and takes everything from the others. */
export async function syncNew(running: Running[], folder: string, nodes: Peer[]): Promise<{ transactions: number; perSecond: number }> {
  const genesis = join(folder, 'late.genesis')
  await writeFile(genesis, new Uint8Array(await (await fetch(`${nodes[0]!.url}/v1/genesis`)).arrayBuffer()))
  await runCommand(['init', '--data', join(folder, 'late'), '--join', genesis])
  const { size } = await healthOf(nodes[0]!)
  const late = await startCommand(startArgs(folder, nodes))
  running.push(late)
  const startedMs = performance.now()
  const endMs = startedMs + SYNC_MS_MAX
  while ((await healthOf(late.document)).size < size) {
    assert(performance.now() < endMs, 'a new node takes everything in half an hour')
    await wait(50)
  }
  return { transactions: size, perSecond: (size / (performance.now() - startedMs)) * 1000 }
}

function startArgs(folder: string, nodes: Peer[]): string[] {
  return ['start', '--data', join(folder, 'late'), '--listen', '127.0.0.1:0', '--peer-listen', '/ip4/127.0.0.1/tcp/0', ...(nodes.length === 0 ? [] : ['--peers', nodes.map(({ peerAddress }) => peerAddress).join(',')])]
}

/** From the command to the node that answers. */
export async function restartMs(running: Running[], folder: string): Promise<number> {
  await running.pop()!.interrupt()
  const startedMs = performance.now()
  running.push(await startCommand(startArgs(folder, [])))
  return performance.now() - startedMs
}
