import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** Connections that listen to a node's events, in a process of their own. They count what arrives and note when, and read nothing else. */
export interface Listeners {
  /** What arrived since the last time this was asked. */
  report(): Promise<Arrived>
  stop(): void
}

export interface Arrived {
  events: number
  /** Of each event `block`, the last of its block, at each connection: the height, and milliseconds on the clock of the machine. */
  blocks: [height: number, ms: number][]
}

interface Init {
  port: number
  connections: number
}

/** A clock that all processes of a machine share. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Resolves once every connection has been welcomed. */
export async function startListeners(init: Init): Promise<Listeners> {
  const child: ChildProcess = fork(import.meta.filename, [], { serialization: 'advanced' })
  child.send(init)
  await once(child, 'message')
  return {
    async report() {
      child.send('report')
      const [arrived] = (await once(child, 'message')) as [Arrived]
      return arrived
    },
    stop: () => void child.kill(),
  }
}

function serve(): void {
  let arrived: Arrived = { events: 0, blocks: [] }
  process.on('message', (message: Init | 'report') => {
    if (message !== 'report') return void Promise.all(Array.from({ length: message.connections }, () => listen(message.port, () => arrived))).then(() => process.send?.('welcome'))
    process.send?.(arrived)
    arrived = { events: 0, blocks: [] }
  })
}

const BLOCK = /^event: block\ndata: \{"height":(\d+)/

async function listen(port: number, into: () => Arrived): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setNoDelay()
  socket.write('GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n')
  let held = ''
  const welcomed = new Promise<void>((resolve) => {
    socket.on('data', (piece) => {
      const text = held + piece.toString('latin1')
      const end = text.lastIndexOf('\n\n') + 2
      if (text.includes(': welcome')) resolve()
      for (let at = text.indexOf('event: '); at >= 0 && at < end; at = text.indexOf('event: ', at + 7)) {
        into().events += 1
        const block = text[at + 7] === 'b' ? BLOCK.exec(text.slice(at, at + 60)) : null
        if (block) into().blocks.push([Number(block[1]), machineMs()])
      }
      held = text.slice(end)
    })
  })
  await welcomed
  return socket
}

if (import.meta.main) serve()
