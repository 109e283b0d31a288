import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after } from 'node:test'

/** The root of the repository: commands of people run here. */
export const ROOT = resolve(import.meta.dirname, '../../..')
export const MAIN = join(ROOT, 'apps/cli/src/main.ts')

/** How a command ended that ran in a process of its own. */
export interface Ended {
  status: number | null
  out: string
  err: string
}

export interface RunOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Called once with the process, to interrupt it for instance. */
  onStart?: (child: ChildProcess) => void
}

/** Runs the real command. What the environment of the tests says about Telltale or colours is left out. */
export function telltale(args: string[], { cwd = ROOT, env = {}, onStart }: RunOptions = {}): Promise<Ended> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TELLTALE_|FORCE_COLOR|NO_COLOR|NODE_TEST)/.test(name)))
  return new Promise((settle, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...clean, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', reject)
    child.on('close', (status) => settle({ status, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }))
    onStart?.(child)
  })
}

/** Runs it with --json; standard output has to be exactly one document. */
export async function telltaleJson<T = Record<string, unknown>>(args: string[], options: RunOptions = {}): Promise<{ status: number | null; document: T; err: string }> {
  const { status, out, err } = await telltale([...args, '--json'], options)
  return { status, document: parse<T>(out, args), err }
}

function parse<T>(out: string, args: string[]): T {
  assert.notEqual(out, '', `${args.join(' ')}: a document was expected on standard output`)
  return JSON.parse(out) as T
}

/** Runs it with --json, expects success, and answers with the document. */
export async function done<T = Record<string, unknown>>(args: string[], options: RunOptions = {}): Promise<T> {
  const { status, document, err } = await telltaleJson<T>(args, options)
  assert.equal(status, 0, `${args.join(' ')}: ${err}${JSON.stringify(document)}`)
  return document
}

interface FailureDocument {
  error: { code: string; message: string; expected?: string; found?: string }
}

/** Runs it with --json and expects this exit code and this error code; answers with the error. */
export async function refused(args: string[], expected: { status: number; code: string }, options: RunOptions = {}): Promise<FailureDocument['error']> {
  const { status, document, err } = await telltaleJson<FailureDocument>(args, options)
  assert.ok(document.error !== undefined, `${args.join(' ')} did not fail: ${JSON.stringify(document).slice(0, 200)}`)
  assert.deepEqual({ status, code: document.error.code }, expected, `${args.join(' ')}: ${document.error.message} ${err}`)
  assert.ok(document.error.message.length > 10, 'a failure says something')
  return document.error
}

/** A folder for this file's tests, removed at their end. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-command-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const SAMPLES = join(ROOT, 'samples')
const DECODE = ['--dbc', join(SAMPLES, 'short-drive.dbc'), '--map', join(SAMPLES, 'short-drive.map.json')]

/** Arguments that import a log of the invented car. */
export function importArgs(log: 'short-drive' | 'second-drive', data: string): string[] {
  return ['import', join(SAMPLES, `${log}.log`), ...DECODE, '--data', data]
}

/** The same for any log that the samples' database and mapping fit. */
export function importFileArgs(path: string, data: string): string[] {
  return ['import', path, ...DECODE, '--data', data]
}
