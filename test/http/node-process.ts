import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'

const MAIN = join(resolve(import.meta.dirname, '../..'), 'apps/cli/src/main.ts')

/** A node in a process of its own, as people start it. */
export interface NodeProcess {
  child: ChildProcess
  url: string
  port: number
  /** Waits until it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>
}

export async function startNode(directory: string, args: string[] = []): Promise<NodeProcess> {
  const child = spawn(process.execPath, [MAIN, 'start', '--json', '--data', directory, '--listen', '127.0.0.1:0', '--log-level', 'error', '--requests-per-second', '1000000', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  let [out, errors] = ['', '']
  child.stderr?.on('data', (piece: Buffer) => (errors += piece.toString()))
  while (!out.includes('\n}')) {
    const [piece] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
    assert.ok(piece instanceof Buffer, `the node did not start: ${errors}`)
    out += piece.toString()
  }
  const { url } = JSON.parse(out) as { url: string }
  return {
    child,
    url,
    port: Number(new URL(url).port),
    async kill(signal) {
      child.kill(signal)
      await ended
    },
  }
}
