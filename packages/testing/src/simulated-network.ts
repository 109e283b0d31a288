import { concatBytes, equalBytes, fail, portable, textToBytes } from '@telltale/core'
import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedClock } from './simulated-clock.ts'

/** What a node's side is told; the shape of `TransportEvents` in @telltale/network. */
interface Events {
  allows(peer: string, isInbound: boolean): boolean
  bytesMax(peer: string): number
  onPeer(peer: string): void
  onGone(peer: string): void
  onMessage(peer: string, bytes: Uint8Array): void | Promise<void>
  onQuestion(peer: string, bytes: Uint8Array): Promise<Uint8Array>
}

/** One direction between two nodes: in order, each message after what it takes. */
interface Lane {
  lastMs: number
  queue: Uint8Array[]
  isReading: boolean
}

interface Connection {
  a: string
  b: string
  isOpen: boolean
  lanes: Map<string, Lane>
}

export interface SimulatedNetworkInit {
  clock: SimulatedClock
  random: SeededRandom
  /** What a message takes from one node to another, at least and at most; each pair has its own within them. */
  delayMs?: [number, number]
  /** Share of all messages that are lost. */
  dropShare?: number
}

/** Nodes and what lies between them: delays, losses and partitions, all from a seed. Addresses are `sim/ID`. */
export class SimulatedNetwork {
  dropShare: number
  /** Messages handed over so far, questions left out. */
  delivered = 0
  private readonly clock: SimulatedClock
  private readonly random: SeededRandom
  private readonly delayRange: [number, number]
  private readonly nodes = new Map<string, Events>()
  private readonly connections = new Map<string, Connection>()
  private readonly delays = new Map<string, number>()
  private side: (id: string) => unknown = () => null

  constructor({ clock, random, delayMs = [1, 50], dropShare = 0 }: SimulatedNetworkInit) {
    this.clock = clock
    this.random = random
    this.delayRange = delayMs
    this.dropShare = dropShare
  }

  /** Sets what a message takes between two nodes. */
  setDelay(a: string, b: string, ms: number): void {
    this.delays.set(pairOf(a, b), ms)
  }

  /** Only nodes on the same side reach each other; without sides all do. Connections across end. */
  partition(side: (id: string) => unknown = () => null): void {
    this.side = side
    for (const connection of this.connections.values()) if (side(connection.a) !== side(connection.b)) this.end(connection)
  }

  /** A node's own side of the network; the shape of `Transport` in @telltale/network. */
  transport(id: string) {
    return {
      id,
      addresses: () => [`sim/${id}`],
      peers: () => [...this.connections.values()].flatMap(({ a, b, isOpen }) => (isOpen && (a === id || b === id) ? [a === id ? b : a] : [])),
      start: async (events: Events): Promise<void> => void this.nodes.set(id, events),
      stop: async (): Promise<void> => {
        for (const connection of this.connections.values()) if (connection.a === id || connection.b === id) this.end(connection)
        this.nodes.delete(id)
      },
      connect: (address: string) => this.connect(id, address),
      send: (peer: string, bytes: Uint8Array) => this.send(id, peer, bytes),
      dropped: () => 0,
      ask: (peer: string, bytes: Uint8Array, timeoutMs: number) => this.ask(id, peer, bytes, timeoutMs),
      sign: async (bytes: Uint8Array) => signAs(id, bytes),
      verify: async (peer: string, bytes: Uint8Array, signature: Uint8Array) => equalBytes(signAs(peer, bytes), signature),
      drop: (peer: string): void => {
        const connection = this.between(id, peer)
        // What was sent before arrives before the end does.
        if (connection) this.clock.after(Math.max(0, this.lastMs(connection) - this.clock.nowMs()) + 1, () => this.end(connection))
      },
    }
  }

  private lastMs({ lanes }: Connection): number {
    return Math.max(...[...lanes.values()].map(({ lastMs }) => lastMs), this.clock.nowMs())
  }

  private between(a: string, b: string): Connection | undefined {
    const connection = this.connections.get(pairOf(a, b))
    return connection?.isOpen ? connection : undefined
  }

  private delay(a: string, b: string): number {
    const pair = pairOf(a, b)
    const [least, most] = this.delayRange
    const known = this.delays.get(pair) ?? least + this.random.fraction() * (most - least)
    this.delays.set(pair, known)
    return known
  }

  private async pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(ms, resolve)
    })
  }

  private async connect(from: string, address: string): Promise<string> {
    const to = address.replace('sim/', '')
    await this.pause(2 * this.delay(from, to))
    const [own, other] = [this.nodes.get(from), this.nodes.get(to)]
    if (!own || !other || this.side(from) !== this.side(to) || !own.allows(to, false) || !other.allows(from, true)) throw fail('peer-unreachable', `nobody answers at ${address}`)
    if (this.between(from, to) || from === to) return to
    const lane = (): Lane => ({ lastMs: 0, queue: [], isReading: false })
    this.connections.set(pairOf(from, to), { a: from, b: to, isOpen: true, lanes: new Map([[from, lane()], [to, lane()]]) })
    own.onPeer(to)
    other.onPeer(from)
    return to
  }

  private end(connection: Connection): void {
    if (!connection.isOpen) return
    connection.isOpen = false
    this.connections.delete(pairOf(connection.a, connection.b))
    this.nodes.get(connection.a)?.onGone(connection.b)
    this.nodes.get(connection.b)?.onGone(connection.a)
  }

  private send(from: string, to: string, bytes: Uint8Array): boolean {
    const connection = this.between(from, to)
    const lane = connection?.lanes.get(from)
    if (!connection || !lane) return false
    if (this.random.chance(this.dropShare)) return true
    lane.lastMs = Math.max(lane.lastMs, this.clock.nowMs() + this.delay(from, to))
    this.clock.after(lane.lastMs - this.clock.nowMs(), () => {
      lane.queue.push(bytes)
      void this.read(connection, lane, from, to)
    })
    return true
  }

  /** One message after the other, as slowly as the reader wants. */
  private async read(connection: Connection, lane: Lane, from: string, to: string): Promise<void> {
    if (lane.isReading) return
    lane.isReading = true
    for (let bytes = lane.queue.shift(); bytes !== undefined && connection.isOpen; bytes = lane.queue.shift()) {
      this.delivered += 1
      const events = this.nodes.get(to)
      if (!events) break
      if (bytes.length > events.bytesMax(from)) throw fail('message-too-large', `${from} sent ${bytes.length} bytes`)
      const reading = events.onMessage(from, bytes)
      if (reading) await reading
    }
    lane.isReading = false
  }

  private async ask(from: string, to: string, question: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const connection = this.between(from, to)
    if (!connection) throw fail('peer-gone', `${to} is not connected`)
    const answer = Promise.withResolvers<Uint8Array>()
    const stop = this.clock.after(timeoutMs, () => answer.reject(fail('peer-slow', `${to} did not answer`)))
    const travel = async (): Promise<void> => {
      await this.pause(this.delay(from, to))
      if (this.random.chance(this.dropShare) || !connection.isOpen) return
      const bytes = await this.nodes.get(to)?.onQuestion(from, question)
      await this.pause(this.delay(from, to))
      if (bytes && connection.isOpen) answer.resolve(bytes)
    }
    travel().catch(answer.reject)
    try {
      return await answer.promise
    } finally {
      stop()
    }
  }
}

/** No signature at all, but as much as a simulation needs: who does not know that it is one cannot tell. */
function signAs(id: string, bytes: Uint8Array): Uint8Array {
  return portable.sha256(concatBytes(textToBytes(id), bytes))
}

function pairOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
