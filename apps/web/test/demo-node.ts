import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import assert from 'node:assert/strict'

const COMMAND = resolve(import.meta.dirname, '../../cli/src/main.ts')
/** Of a machine that starts several nodes at once while it does other things. */
const START_MS = 120_000

export interface DemoNode {
  /** `http://127.0.0.1:PORT`. */
  origin: string
  /** The link with the key of the desk, as it is printed. */
  link: string
  directory: string
  /** Ends the process as ctrl-C does; its data stays until `remove`. */
  stop(): Promise<void>
  remove(): Promise<void>
}

/** `telltale demo` as a process of its own: a node with the pages of `dist`, a desk, and a car that drives. */
export async function startDemoNode(): Promise<DemoNode> {
  const directory = await mkdtemp(join(tmpdir(), 'telltale-pages-'))
  return startNode('demo', directory, join(directory, 'demo'))
}

/** A network with one account, and its node. */
export async function startNodeWithAccount({ name, password }: { name: string; password: string }): Promise<DemoNode> {
  const directory = await mkdtemp(join(tmpdir(), 'telltale-pages-'))
  const [data, passwordFile] = [join(directory, 'data'), join(directory, 'password')]
  await writeFile(passwordFile, password)
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, 'init', '--data', data, '--account', name, '--account-password-file', passwordFile], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return startNode('start', directory, data)
}

/** A node of a network that runs on this machine. */
export interface TestnetNode {
  url: string
  /** With the key of its desk. */
  link: string
}

/** `telltale testnet` as a process of its own, with processes of its own for its nodes, authorities first. */
export async function startTestnet(args: string[]): Promise<{ nodes: TestnetNode[]; stop(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'telltale-pages-'))
  const child = spawn(process.execPath, [COMMAND, 'testnet', '--data', join(directory, 'testnet'), ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const { nodes } = await readDocument<{ nodes: TestnetNode[] }>(child)
  return {
    nodes,
    async stop() {
      await interrupt(child)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function interrupt(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((end) => child.once('exit', end))
  child.kill('SIGINT')
  await ended
}

/** Adds somebody who may read, and nothing else; holds at once. */
export async function addReader({ directory }: DemoNode, { name, password }: { name: string; password: string }): Promise<void> {
  const passwordFile = join(directory, '..', `password-of-${name}`)
  await writeFile(passwordFile, password)
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, 'accounts', 'add', name, '--role', 'reader', '--data', directory], { encoding: 'utf8', env: { ...process.env, TELLTALE_PASSWORD_FILE: passwordFile } })
  assert.equal(status, 0, stderr)
}

async function startNode(command: 'demo' | 'start', directory: string, data: string): Promise<DemoNode> {
  const child = spawn(process.execPath, [COMMAND, command, '--data', data, '--listen', '127.0.0.1:0', '--json'], { stdio: ['ignore', 'pipe', command === 'demo' ? 'inherit' : 'ignore'] })
  const { link } = await readDocument<{ link: string }>(child)
  return {
    origin: new URL(link).origin,
    link,
    directory: data,
    stop: () => interrupt(child),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

/** The one JSON document that the command prints once it listens. */
async function readDocument<T>(child: ChildProcess): Promise<T> {
  const timer = setTimeout(() => child.kill(), START_MS)
  let text = ''
  for await (const line of createInterface({ input: child.stdout! })) {
    text += line
    try {
      const document = JSON.parse(text) as T
      clearTimeout(timer)
      return document
    } catch {
      // Not whole yet.
    }
  }
  assert.fail(`the demo did not start: ${text}`)
}
