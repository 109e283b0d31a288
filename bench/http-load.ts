import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { assert, encode, keyToAddress } from '@telltale/core'
import { createNodePrimitives, createNodeSigner } from '@telltale/node'
import { signRecords } from './network.ts'
import type { BenchKey, Heads } from './network.ts'

/** Devices that post over HTTP, in a process of their own. It speaks HTTP over bare sockets, so that little of the machine goes to the client. */
export interface HttpLoad {
  /** Signs `perDevice` records of every device and sends them, `perPost` in a request, over so many connections at once. */
  run(plan: LoadPlan): Promise<LoadResult>
  stop(): void
}

export interface LoadPlan {
  perDevice: number
  perPost: number
  connections: number
}

export interface LoadResult {
  records: number
  /** From the first byte sent to the last answer. */
  ms: number
  /** Of each request, sorted. */
  timesMs: number[]
}

interface Init {
  network: Uint8Array
  secrets: Uint8Array[]
  port: number
}

export function startHttpLoad(init: Init): HttpLoad {
  const child: ChildProcess = fork(import.meta.filename, [], { serialization: 'advanced' })
  child.send(init)
  return {
    async run(plan) {
      child.send(plan)
      const [result] = (await once(child, 'message')) as [LoadResult | { failed: string }]
      assert(!('failed' in result), 'failed' in result ? result.failed : '')
      return result
    },
    stop: () => void child.kill(),
  }
}

function serve(): void {
  const primitives = createNodePrimitives()
  const heads: Heads = new Map()
  let init: Init
  let devices: BenchKey[] = []
  process.on('message', (message: Init | LoadPlan) => {
    if ('secrets' in message) {
      init = message
      devices = message.secrets.map((secret) => {
        const signer = createNodeSigner('EdDSA', secret, 0)
        return { signer, address: keyToAddress(signer.publicKey, primitives) }
      })
      return
    }
    const work = async (): Promise<LoadResult> => {
      const { perDevice, perPost, connections } = message
      const groups = Array.from({ length: connections }, (_, i) => devices.filter((__, at) => at % connections === i))
      const queues: Buffer[][] = []
      for (const group of groups) queues.push(requestsOf((await signRecords({ network: init.network, devices: group }, perDevice, 250, primitives, heads)).map(({ bytes, attachments }) => [bytes, attachments]), perPost))
      const timesMs: number[] = []
      const startedMs = performance.now()
      await Promise.all(queues.map((queue) => sendAll(init.port, queue, timesMs)))
      return { records: perDevice * devices.length, ms: performance.now() - startedMs, timesMs: timesMs.sort((a, b) => a - b) }
    }
    work().then((result) => process.send?.(result), (error: unknown) => process.send?.({ failed: String(error) }))
  })
}

function requestsOf(items: [Uint8Array, Uint8Array[]][], perPost: number): Buffer[] {
  const requests: Buffer[] = []
  for (let at = 0; at < items.length; at += perPost) {
    const body = encode(items.slice(at, at + perPost))
    requests.push(Buffer.concat([Buffer.from(`POST /v1/transactions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/cbor\r\ncontent-length: ${body.length}\r\n\r\n`), body]))
  }
  return requests
}

/** One request after the other on one connection; an answer that does not certify everything ends it. */
async function sendAll(port: number, requests: Buffer[], timesMs: number[]): Promise<void> {
  const socket = connect(port, '127.0.0.1').setNoDelay()
  await once(socket, 'connect')
  try {
    for (const request of requests) {
      const startedMs = performance.now()
      socket.write(request)
      const body = await readAnswer(socket)
      timesMs.push(performance.now() - startedMs)
      assert(!body.includes('"error"') && body.includes('"certified"'), body.slice(0, 300))
    }
  } finally {
    socket.destroy()
  }
}

/** The body of the next answer, whose length is announced. */
async function readAnswer(socket: Socket): Promise<string> {
  let held: Buffer = Buffer.alloc(0)
  for (;;) {
    const [piece] = (await once(socket, 'data')) as [Buffer]
    held = held.length === 0 ? piece : Buffer.concat([held, piece])
    const end = held.indexOf('\r\n\r\n')
    if (end < 0) continue
    const length = Number(/content-length: (\d+)/i.exec(held.toString('latin1', 0, end))?.[1])
    if (held.length >= end + 4 + length) return held.toString('latin1', end + 4)
  }
}

if (import.meta.main) serve()
