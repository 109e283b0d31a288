import { createConnection, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A line between two parties on which every byte is written down, both ways. */
export interface Recorder {
  url: string
  bytes(): Buffer
  close(): void
}

export async function recordTo(url: string): Promise<Recorder> {
  const target = new URL(url)
  const pieces: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((incoming) => {
    const outgoing = createConnection(Number(target.port), target.hostname)
    for (const [from, to] of [[incoming, outgoing], [outgoing, incoming]] as const) {
      sockets.add(from)
      from.on('data', (piece: Buffer) => {
        pieces.push(piece)
        to.write(piece)
      })
      from.on('end', () => to.end())
      from.on('error', () => to.destroy())
    }
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => Buffer.concat(pieces),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
