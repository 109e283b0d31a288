import type { Participant, Passing, Topic } from '@telltale/core'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { createNetwork } from '../src/create-network.ts'
import type { Network, NetworkInit } from '../src/create-network.ts'
import type { NetworkEvent } from '../src/peer-info.ts'

export const NETWORK_ID = new Uint8Array(32).fill(7)

/** A node's side of a network that notes what it is told. */
export interface Node extends Network {
  heard: { peer: string; topic: Topic; text: string }[]
  events: NetworkEvent[]
  greeted: string[]
  codes(kind: NetworkEvent['kind']): string[]
}

export interface NodeOptions extends Partial<NetworkInit> {
  passing?: Passing
  answer?(question: Uint8Array, peer: string): Promise<Uint8Array>
}

/** A node on loopback, not started; `seed` makes its peer key. */
export async function createNode(seed: number, options: NodeOptions = {}): Promise<Node> {
  const { passing = 'pass-on', answer = async (question) => question, ...init } = options
  const heard: Node['heard'] = []
  const events: NetworkEvent[] = []
  const greeted: string[] = []
  const participant: Participant = {
    async onGossip(peer, topic, bytes) {
      heard.push({ peer, topic, text: new TextDecoder().decode(bytes.subarray(0, 64)) })
      return passing
    },
    onQuestion: (peer, question) => answer(question, peer),
    onPeer: (peer) => void greeted.push(peer),
  }
  const network = await createNetwork({
    networkId: NETWORK_ID,
    peerKey: new Uint8Array(32).fill(seed),
    identity: null,
    software: 'telltale/test',
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap: [],
    mdns: false,
    admits: () => null,
    status: () => ({ height: seed, head: new Uint8Array(32).fill(seed), finalHeight: Math.max(0, seed - 1), poolSize: 3 }),
    participant,
    log: (event) => void events.push(event),
    book: null,
    heartbeatMs: 200,
    ...init,
  })
  return { ...network, heard, events, greeted, codes: (kind) => events.flatMap((event) => (event.kind === kind && 'code' in event ? [event.code] : [])) }
}

/** Waits until something holds; what it waits for is told where it does not come. */
export async function until(what: string, holds: () => boolean, timeoutMs = 15_000): Promise<void> {
  const endMs = performance.now() + timeoutMs
  while (!holds()) {
    if (performance.now() > endMs) assert.fail(`waited in vain: ${what}`)
    await sleep(20)
  }
}

export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
