import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const START_MS_MAX = 120_000

/** A node or a gateway in a process of its own. */
export interface Running {
  /** What it printed once it listened. */
  document: { url: string; [member: string]: unknown }
  pid: number
  /** Everything that it wrote so far. */
  output(): string
  /** Ends it at once, wherever it stands. */
  kill(): Promise<void>
  /** Asks it to stop, as ctrl-C does; answers with its exit code. */
  interrupt(): Promise<number | null>
}

/** Runs the real command with --json to its end. */
export async function runCommand<T>(args: string[]): Promise<{ status: number | null; document: T }> {
  const child = spawn(process.execPath, [join(ROOT, 'apps/cli/src/main.ts'), ...args, '--json'], { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] })
  const pieces: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
  const status = await new Promise<number | null>((settle) => child.on('close', settle))
  return { status, document: JSON.parse(Buffer.concat(pieces).toString()) as T }
}

/** Starts the real command with --json and waits until it listens. */
export async function startCommand(args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [join(ROOT, 'apps/cli/src/main.ts'), ...args, '--json'], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
  const written: Buffer[] = []
  const standard: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => {
    standard.push(piece)
    written.push(piece)
  })
  child.stderr.on('data', (piece: Buffer) => written.push(piece))
  const ended = new Promise<number | null>((settle) => child.on('close', settle))
  const output = (): string => Buffer.concat(written).toString()
  const document = await listening(child, () => Buffer.concat(standard).toString(), output).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  return {
    document,
    pid: child.pid as number,
    output,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async interrupt() {
      child.kill('SIGINT')
      return ended
    },
  }
}

async function listening(child: ChildProcess, standard: () => string, output: () => string): Promise<Running['document']> {
  const endMs = performance.now() + START_MS_MAX
  for (;;) {
    const document = documentIn(standard())
    if (document) return document
    assert.ok(child.exitCode === null && child.signalCode === null, `it ended: ${output()}`)
    assert.ok(performance.now() < endMs, `it does not listen: ${output()}`)
    await new Promise((settle) => setTimeout(settle, 10))
  }
}

function documentIn(text: string): Running['document'] | null {
  try {
    return JSON.parse(text) as Running['document']
  } catch {
    // Not all of it is there yet.
    return null
  }
}

/** What the environment says about Telltale or the tests is left out. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TELLTALE_|NODE_TEST)/.test(name)))
}

/** A node on some port of this machine that refuses no sender for being fast. */
export async function startNodeProcess(directory: string): Promise<Running> {
  return startCommand(['start', '--data', directory, '--listen', '127.0.0.1:0', '--log-level', 'error', '--requests-per-second', '1000000'])
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  const { port } = server.address() as AddressInfo
  await new Promise((settle) => server.close(settle))
  return port
}
