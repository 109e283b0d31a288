import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { MAIN, ROOT } from './command.ts'

/** A command that keeps running and answers over HTTP. */
export interface Served {
  child: ChildProcess
  url: string
  link: string
  network: string
  /** The key of the desk, from the link. */
  key: string
  /** One request to the desk; the parsed answer. */
  desk<T>(path: string, body?: unknown): Promise<{ status: number; answer: T }>
  /** As Ctrl-C does; the exit code. */
  stop(): Promise<number | null>
}

const START_MS_MAX = 30_000

/** Starts `telltale ARGS --listen 127.0.0.1:0 --json` and waits until it says where it listens. */
export async function served(args: string[]): Promise<Served> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TELLTALE_|FORCE_COLOR|NO_COLOR|NODE_TEST)/.test(name)))
  const child = spawn(process.execPath, [MAIN, ...args, '--listen', '127.0.0.1:0', '--json'], { cwd: ROOT, env: clean, stdio: ['ignore', 'pipe', 'pipe'] })
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  let text = ''
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS_MAX)
  for await (const line of createInterface({ input: child.stdout })) {
    text += line
    if (line === '}') break
  }
  clearTimeout(timer)
  assert.notEqual(text, '', `${args.join(' ')} said nothing: ${Buffer.concat(errors).toString()}`)
  const { url, link, network } = JSON.parse(text) as { url: string; link: string; network: string }
  const key = link.split('#desk=')[1] ?? ''
  return {
    child,
    url,
    link,
    network,
    key,
    async desk<T>(path: string, body?: unknown) {
      const init = body === undefined ? { headers: { 'x-telltale-desk': key } } : { method: 'POST', headers: { 'x-telltale-desk': key, 'content-type': 'application/json' }, body: JSON.stringify(body) }
      const response = await fetch(`${url}/v1/desk${path}`, init)
      return { status: response.status, answer: (await response.json()) as T }
    },
    async stop() {
      child.kill('SIGINT')
      const [code] = (await once(child, 'exit')) as [number | null]
      return code
    },
  }
}
