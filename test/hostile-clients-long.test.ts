import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { initHome } from '@telltale/node'
import { startNodeProcess } from './process.ts'
import type { Running } from './process.ts'

const MIB = 1_048_576
/** What a node may take beyond its start, whatever clients do: the budget for bodies and answers (128 MiB), and what sockets and garbage take. */
const GROWTH_MAX = 320 * MIB
/** Generous: what is shown is that others are served at all, on machines that do other things as well. */
const SERVED_WITHIN_MS = 20_000

async function withNode(work: (node: Running) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-hostile-'))
  const directory = join(folder, 'data')
  await initHome({ directory, password: undefined, algorithm: 'EdDSA', nowMs: Date.now() })
  const node = await startNodeProcess(directory)
  try {
    await work(node)
  } finally {
    await node.kill()
    await rm(folder, { recursive: true, force: true })
  }
}

async function residentBytes({ pid }: Running): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

/** Another client is served meanwhile, and memory stays within its bound. */
async function assertServes(node: Running, before: number): Promise<void> {
  const response = await fetch(`${node.document.url}/v1/network`, { signal: AbortSignal.timeout(SERVED_WITHIN_MS) })
  assert.equal(response.status, 200)
  const growth = (await residentBytes(node)) - before
  assert.ok(growth < GROWTH_MAX, `the node grew by ${Math.round(growth / MIB)} MiB`)
}

async function open(node: Running): Promise<Socket> {
  const socket = connect(Number(new URL(node.document.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

function head(headers: string): string {
  return `POST /v1/transactions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/cbor\r\n${headers}\r\n\r\n`
}

/** Writes until so much was taken or the other side has enough; answers with the bytes that were sent and what came back. */
async function pour(socket: Socket, bytes: number, wrap: (piece: Buffer) => Buffer): Promise<{ sent: number; answer: string }> {
  let answer = ''
  let isOver = false
  socket.on('data', (piece: Buffer) => (answer += piece.toString('latin1')))
  socket.on('close', () => (isOver = true))
  const piece = wrap(Buffer.alloc(65_536))
  let sent = 0
  while (sent < bytes && !isOver && answer === '') {
    sent += piece.length
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 3000))]).catch(() => (isOver = true))
  }
  for (let i = 0; i < 100 && answer === '' && !isOver; i++) await new Promise((resolve) => setTimeout(resolve, 20))
  socket.destroy()
  return { sent, answer }
}

const onLinux = process.platform === 'linux' ? false : 'memory is read from /proc'

suite('hostile clients: memory stays bounded and others are served', { skip: onLinux }, () => {
  test('a body of 1 GB, announced, in chunks, or behind a lie about its length', { timeout: 120_000 }, async () => {
    await withNode(async (node) => {
      const before = await residentBytes(node)
      const gigabyte = 1_000_000_000
      const chunk = (piece: Buffer): Buffer => Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
      for (const [headers, wrap] of [[`content-length: ${gigabyte}`, (piece: Buffer) => piece], ['transfer-encoding: chunked', chunk]] as const) {
        const socket = await open(node)
        socket.write(head(headers))
        const { sent, answer } = await pour(socket, gigabyte, wrap)
        assert.match(answer, /^HTTP\/1\.1 413 /)
        assert.match(answer, /"code":"body-too-large"/)
        assert.ok(sent < 100 * MIB, `${sent} bytes were taken`)
        await assertServes(node, before)
      }
    })
  })

  test('many bodies that never end: together they hold no more than the budget, and what is too much is told to come back', { timeout: 120_000 }, async () => {
    await withNode(async (node) => {
      const before = await residentBytes(node)
      const sockets = await Promise.all(Array.from({ length: 24 }, () => open(node)))
      let busy = 0
      for (const socket of sockets) {
        socket.on('data', (piece: Buffer) => (busy += piece.includes('"code":"busy"') ? 1 : 0))
        socket.write(head(`content-length: ${16 * MIB}`))
        socket.write(Buffer.alloc(12 * MIB))
      }
      for (let i = 0; i < 200 && busy === 0; i++) await new Promise((resolve) => setTimeout(resolve, 50))
      assert.ok(busy > 0, '24 times 12 MiB are more than the budget')
      await assertServes(node, before)
      for (const socket of sockets) socket.destroy()
      // What was held is free again.
      for (let i = 0; ; i++) {
        const held = Number(/telltale_held_bytes (\d+)/.exec(await (await fetch(`${node.document.url}/metrics`)).text())?.[1])
        if (held < MIB) break
        assert.ok(i < 100, `${held} bytes are still held`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    })
  })

  test('1,000 connections that say nothing, half a head, or a byte now and then: they go after a while', { timeout: 120_000 }, async () => {
    await withNode(async (node) => {
      const before = await residentBytes(node)
      const sockets: Socket[] = []
      for (let i = 0; i < 1000; i++) sockets.push(await open(node))
      let open1000 = sockets.length
      for (const [i, socket] of sockets.entries()) {
        socket.on('close', () => (open1000 -= 1))
        socket.resume()
        if (i % 3 === 1) socket.write('GET /v1/network HTTP/1.1\r\nhost: local')
        if (i % 3 === 2) socket.write('G')
      }
      const drip = setInterval(() => sockets.filter((_, i) => i % 3 === 2).forEach((socket) => socket.write('x')), 1000)
      await assertServes(node, before)
      for (let i = 0; i < 250 && open1000 > 0; i++) await new Promise((resolve) => setTimeout(resolve, 100))
      clearInterval(drip)
      assert.equal(open1000, 0, 'half-open connections are cut')
      await assertServes(node, before)
    })
  })

  test('200 listeners and readers that do not read', { timeout: 120_000 }, async () => {
    await withNode(async (node) => {
      const before = await residentBytes(node)
      const sockets = await Promise.all(Array.from({ length: 200 }, () => open(node)))
      for (const [i, socket] of sockets.entries()) {
        socket.pause()
        // Requests one behind the other, whose answers nobody takes.
        const path = i % 2 === 0 ? '/v1/events?cursor=0' : '/openapi.json'
        socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(i % 2 === 0 ? 1 : 50))
      }
      await new Promise((resolve) => setTimeout(resolve, 2000))
      await assertServes(node, before)
      for (const socket of sockets) socket.destroy()
    })
  })
})
