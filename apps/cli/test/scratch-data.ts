import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, CommanderError } from 'commander'
import { addAccounts } from '../src/commands/accounts.ts'
import { addAsset } from '../src/commands/asset.ts'
import { addCertificate } from '../src/commands/certificate.ts'
import { addChain } from '../src/commands/chain.ts'
import { addDevice } from '../src/commands/device.ts'
import { addExport } from '../src/commands/export.ts'
import { addImport } from '../src/commands/import.ts'
import { addInit } from '../src/commands/init.ts'
import { addKeys } from '../src/commands/keys.ts'
import { addMine } from '../src/commands/mine.ts'
import { addPeers } from '../src/commands/peers.ts'
import { addSend } from '../src/commands/send.ts'
import { addStatus } from '../src/commands/status.ts'
import { addStore } from '../src/commands/store.ts'
import { addTokens } from '../src/commands/tokens.ts'
import { addVerify } from '../src/commands/verify.ts'
import { EXIT_USAGE, exitCodeOf } from '../src/exit-code.ts'
import { verdictOf } from '../src/failure.ts'
import { addGlobalOptions } from '../src/options.ts'

const MAIN = resolve(import.meta.dirname, '../src/main.ts')
const SAMPLES = resolve(import.meta.dirname, '../../../samples')

/** What a command left behind. */
export interface Ended {
  exitCode: number
  /** What it set as its exit code without failing: as `verify` does. */
  verdict?: number
  output: string
  /** The code of its failure. */
  code: string | undefined
  /** What its failure says. */
  message: string
}

/** A data directory, and commands that run on it with --json. Most run in this process: starting one takes longer than what it does. */
export interface Data {
  directory: string
  run(...args: string[]): Promise<Ended>
  /** With the password that this file holds. */
  runWith(passwordFile: string, ...args: string[]): Promise<Ended>
  /** Runs it and answers with the document; fails the test where the command fails. */
  ok<T = Record<string, unknown>>(...args: string[]): Promise<T>
  /** Runs it in a process of its own, as people do, with something on standard input. */
  spawn(input: string, ...args: string[]): Promise<Ended>
  /** Path of a file beside the data directory. */
  path(name: string): string
  write(name: string, text: string): Promise<string>
  importDrive(which: 'short' | 'second', ...args: string[]): Promise<Ended>
}

export async function withData<T>(work: (data: Data) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-cli-'))
  try {
    return await work(dataIn(folder, 'data'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Another data directory beside the first: somebody else's. */
export function beside(data: Data, name: string): Data {
  return dataIn(resolve(data.directory, '..'), name)
}

function dataIn(folder: string, name: string): Data {
  const directory = join(folder, name)
  const path = (file: string): string => join(folder, file)
  const run: Data['run'] = (...args) => runHere([...args, '--data', directory, '--json'])
  return {
    directory,
    run,
    async runWith(passwordFile, ...args) {
      process.env['TELLTALE_PASSWORD_FILE'] = passwordFile
      try {
        return await run(...args)
      } finally {
        delete process.env['TELLTALE_PASSWORD_FILE']
      }
    },
    async ok<T>(...args: string[]) {
      const ended = await run(...args)
      assert.equal(ended.exitCode, 0, `telltale ${args.join(' ')}: ${ended.message} (${ended.code ?? 'no code'})`)
      return JSON.parse(ended.output) as T
    },
    spawn: (input, ...args) => runThere([...args, '--data', directory, '--json'], input),
    path,
    async write(file, text) {
      await writeFile(path(file), text)
      return path(file)
    },
    importDrive: (which, ...args) => run('import', join(SAMPLES, `${which}-drive.log`), '--dbc', join(SAMPLES, 'short-drive.dbc'), '--map', join(SAMPLES, 'short-drive.map.json'), '--quiet', ...args),
  }
}

/** What commands write on standard output; reporters of the test runner write outside of any command. */
const captured = new AsyncLocalStorage<string[]>()

function capture(stream: NodeJS.WriteStream, take: (text: string, pieces: string[]) => void): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean
  const capturing = (...args: unknown[]): boolean => {
    const pieces = captured.getStore()
    if (!pieces) return write(...args)
    take(String(args[0]), pieces)
    return true
  }
  stream.write = capturing
}

capture(process.stdout, (text, pieces) => pieces.push(text))
capture(process.stderr, () => undefined)
delete process.env['TELLTALE_PASSWORD_FILE']
delete process.env['TELLTALE_DATA']

/** Runs a command in this process. */
export async function runHere(args: string[]): Promise<Ended> {
  const pieces: string[] = []
  return captured.run(pieces, async () => {
    try {
      await createProgram().parseAsync(args, { from: 'user' })
      return { exitCode: 0, verdict: Number(process.exitCode ?? 0), output: pieces.join(''), code: undefined, message: '' }
    } catch (error) {
      if (error instanceof CommanderError) return { exitCode: EXIT_USAGE, output: pieces.join(''), code: 'usage', message: error.message }
      const { code, message } = verdictOf(error)
      return { exitCode: exitCodeOf(error, args[0] ?? null), output: pieces.join(''), code, message }
    } finally {
      // Warnings about trials are for people.
      process.exitCode = 0
    }
  })
}

function createProgram(): Command {
  const program = new Command('telltale').configureOutput({ writeErr: () => undefined })
  addGlobalOptions(program, true)
  for (const add of [addInit, addChain, addImport, addMine, addPeers, addStatus, addCertificate, addVerify, addExport, addKeys, addAsset, addDevice, addSend, addStore, addAccounts, addTokens]) add(program)
  for (const command of program.commands) prepare(command, program)
  return program
}

function prepare(command: Command, program: Command): void {
  command.copyInheritedSettings(program).exitOverride()
  for (const sub of command.commands) prepare(sub, program)
  if (command.commands.length === 0) addGlobalOptions(command, false)
}

async function runThere(args: string[], input: string): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args])
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.resume()
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const exitCode = await new Promise<number>((settle) => void child.on('close', (code) => settle(code ?? -1)))
  const text = Buffer.concat(output).toString('utf8')
  const { error } = tryParse(text) as { error?: { code: string; message: string } }
  return { exitCode, output: text, code: error?.code, message: error?.message ?? '' }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Streams are one JSON value a line; the test looks at the text.
    return {}
  }
}
