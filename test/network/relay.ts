import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/**
 * How a link is cut. `held`: bytes wait and go on when it is healed, as where packets are sent again. `lost`: they wait in vain, the connections are gone when it is
 * healed. `refused`: connections break at once, and nobody gets a new one.
 */
export type Cut = 'held' | 'lost' | 'refused'

/** The way from one node to the door of another, which can be cut. */
export interface Relay {
  /** Where the one dials. */
  port: number
  cut(how: Cut): void
  heal(): void
  close(): Promise<void>
}

interface Pair {
  near: Socket
  /** Null until the link is whole: nobody is dialed through a link that is cut. */
  far: Socket | null
}

export async function createRelay(targetPort: number): Promise<Relay> {
  const pairs = new Set<Pair>()
  let state: Cut | null = null
  const end = (pair: Pair): void => {
    pairs.delete(pair)
    pair.near.destroy()
    pair.far?.destroy()
  }
  const endAll = (): void => pairs.forEach(end)
  const join = (pair: Pair): void => {
    pair.far ??= watch(connect(targetPort, '127.0.0.1'), pair)
    pair.near.pipe(pair.far).pipe(pair.near)
  }
  const part = ({ near, far }: Pair): void => {
    for (const [from, to] of [[near, far], [far, near]] as const) if (from && to) from.unpipe(to).pause()
  }
  const watch = (socket: Socket, pair: Pair): Socket => socket.on('error', () => end(pair)).on('close', () => end(pair)).setNoDelay(true)
  const server = createServer({ pauseOnConnect: true }, (near) => {
    const pair: Pair = { near, far: null }
    watch(near, pair)
    pairs.add(pair)
    if (state === 'refused') end(pair)
    else if (state === null) join(pair)
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  return {
    port: (server.address() as AddressInfo).port,
    cut(how) {
      state = how
      if (how === 'refused') endAll()
      else pairs.forEach(part)
    },
    heal() {
      if (state === 'lost') endAll()
      state = null
      pairs.forEach(join)
    },
    async close() {
      endAll()
      await new Promise((settle) => server.close(settle))
    },
  }
}
