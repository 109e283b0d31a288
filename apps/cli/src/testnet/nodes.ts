import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join, resolve } from 'node:path'
import { fail } from '@telltale/core'
import type { Plan, PlannedNode } from './plan.ts'

/** A node of a trial network that answers. */
export interface TestnetNode {
  name: string
  role: PlannedNode['role']
  url: string
  link: string
  pid: number
  data: string
  /** Where the other nodes reach it. */
  peerAddress: string
}

export interface StartedNodes {
  nodes: TestnetNode[]
  /** Resolves when the last of them ended by itself. */
  ended: Promise<void>
  /** Ends all, each cleanly. */
  stop(): Promise<void>
}

const MAIN = resolve(import.meta.dirname, '../main.ts')
const START_MS_MAX = 60_000
const LOG_FILE = 'node.log'

/** Starts every node as a process of its own; their logs lie beside their data (`node-ended`). */
export async function startNodes({ nodes: planned }: Plan, miningThreads: number, signal: AbortSignal, onStarted: (count: number) => void): Promise<StartedNodes> {
  const children: ChildProcess[] = []
  const endings: Promise<void>[] = []
  const stop = async (): Promise<void> => {
    for (const child of children) child.kill('SIGTERM')
    await Promise.all(endings)
  }
  let count = 0
  try {
    const nodes = await Promise.all(
      planned.map(async (node): Promise<TestnetNode> => {
        const child = launch(node, planned, miningThreads)
        children.push(child)
        endings.push(new Promise((settle) => child.once('close', () => settle())))
        const { url, link } = await listening(child, node, signal)
        onStarted((count += 1))
        return { name: node.name, role: node.role, url, link, pid: child.pid as number, data: node.data, peerAddress: peerAddressOf(node) }
      }),
    )
    return { nodes, ended: Promise.all(endings).then(() => undefined), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function peerAddressOf({ peerPort }: PlannedNode): string {
  return `/ip4/127.0.0.1/tcp/${peerPort}`
}

function launch(node: PlannedNode, all: PlannedNode[], miningThreads: number): ChildProcess {
  const peers = all.filter((other) => other !== node).map(peerAddressOf).join(',')
  const args = ['start', '--data', node.data, '--listen', `127.0.0.1:${node.port}`, '--peer-listen', peerAddressOf(node), ...(peers === '' ? [] : ['--peers', peers]), '--mining-threads', String(miningThreads), '--json']
  // What the environment says is about a node of one's own.
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TELLTALE_')))
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stderr?.pipe(createWriteStream(join(node.data, LOG_FILE), { flags: 'a', mode: 0o600 }))
  return child
}

/** The document that a node prints once it listens. */
async function listening(child: ChildProcess, { name, data }: PlannedNode, signal: AbortSignal): Promise<{ url: string; link: string }> {
  let text = ''
  return new Promise((resolve, reject) => {
    const giveUp = (why: string): void => reject(fail('node-ended', `${name} ${why}; its log is ${join(data, LOG_FILE)}.`, { expected: 'a node that listens', found: why }))
    const timer = setTimeout(() => giveUp('does not listen'), START_MS_MAX)
    signal.addEventListener('abort', () => giveUp('was stopped'))
    child.once('close', () => giveUp('ended'))
    child.stdout?.on('data', (piece: Buffer) => {
      text += piece.toString()
      const document = documentIn(text)
      if (!document) return
      clearTimeout(timer)
      resolve(document)
    })
  })
}

function documentIn(text: string): { url: string; link: string } | null {
  try {
    return JSON.parse(text) as { url: string; link: string }
  } catch {
    // Not all of it is there yet.
    return null
  }
}
