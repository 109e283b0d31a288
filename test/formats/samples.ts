import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { TelltaleError, asArray, checkpointFromCbor, decode, hexToBytes, portable, setFromCbor } from '@telltale/core'
import type { AuthoritySet, Checkpoint } from '@telltale/core'
import { LAMP_NAMES, verifyCertificate } from '@telltale/certificate'
import { filled } from './actors.ts'
import { pinFile } from './checkpoint-vectors.ts'
import type { LongStory } from './long-story.ts'
import type { SmallStory } from './small-story.ts'
import { hex } from './vector.ts'
import type { Json } from './vector.ts'

/** Files as they are handed around, by name; they stand in test/vectors as they are. */
export type Samples = Record<string, Uint8Array>

export async function sampleFiles({ history, certificate }: SmallStory, long: LongStory): Promise<Samples> {
  const { ledger } = history
  const { checkpoint } = long.head
  const set = long.history.ledger.authorities(checkpoint.height)
  const newer: Checkpoint = { ...checkpoint, height: checkpoint.height + 10, size: checkpoint.size + 10 }
  return {
    'small.telltale': certificate,
    'long.telltale': long.certificate,
    'anchored.telltale': long.anchoredCertificate,
    'small-head.checkpoint': pinFile(await history.checkpointAt(ledger.position.height), ledger.authorities(ledger.position.height)),
    'long-before-change.checkpoint': pinFile(await long.history.checkpointAt(10), long.setBefore),
    'long-link.checkpoint': pinFile(long.link.checkpoint, set),
    'long-newer.checkpoint': pinFile(newer, set),
    'long-other-history.checkpoint': pinFile({ ...checkpoint, logRoot: filled(0xaa) }, set),
  }
}

interface Question {
  exit: number
  file: string
  arguments: string[]
}

/** What people may ask of the samples, and the exit code. SMALL and LONG stand for the ids of the two networks. */
const QUESTIONS: Question[] = [
  ask(0, 'small.telltale', '--network', 'SMALL', '--reading', '15500 mi', '--vin', 'JTMRFREV0HJ000001'),
  ask(3, 'small.telltale'),
  ask(1, 'small.telltale', '--network', 'LONG'),
  ask(2, 'small.telltale', '--network', 'SMALL', '--reading', '15500'),
  ask(0, 'long.telltale', '--checkpoint', 'long-before-change.checkpoint'),
  ask(0, 'small.telltale', '--network', 'SMALL', '--reading', '24944.0 km'),
  ask(1, 'small.telltale', '--network', 'SMALL', '--reading', '15,250 mi'),
  ask(0, 'small.telltale', '--network', 'SMALL', '--reading', '16000 mi'),
  ask(1, 'small.telltale', '--network', 'SMALL', '--vin', 'JTMRFREV0HJ000002'),
  ask(0, 'small.telltale', '--checkpoint', 'small-head.checkpoint'),
  ask(1, 'small.telltale', '--checkpoint', 'long-link.checkpoint'),
  ask(0, 'long.telltale', '--network', 'LONG', '--reading', '15750 mi'),
  ask(3, 'long.telltale', '--network', 'LONG', '--vin', 'JTMRFREV0HJ000002'),
  ask(3, 'long.telltale', '--checkpoint', 'long-newer.checkpoint'),
  ask(1, 'long.telltale', '--checkpoint', 'long-other-history.checkpoint'),
  ask(3, 'anchored.telltale', '--network', 'LONG'),
  ask(0, 'anchored.telltale', '--checkpoint', 'long-link.checkpoint'),
]

/** The first questions, one of each exit code and one with a file, are put to the command itself; a process each takes its time. */
const ASKED_OF_COMMAND = 5

function ask(exit: number, file: string, ...given: string[]): Question {
  return { exit, file, arguments: given }
}

/** Exit code, summary, the state of each lamp and the code of a refusal; of the command also the rest of its document. */
export async function answersOf(samples: Samples, networks: { SMALL: Uint8Array; LONG: Uint8Array }): Promise<Json[]> {
  const answers: Json[] = []
  for (const [i, { exit, file, arguments: given }] of QUESTIONS.entries()) {
    const named = given.map((text) => (text === 'SMALL' || text === 'LONG' ? hex(networks[text]) : text))
    const answer = await judge(samples, file, named)
    const document = i < ASKED_OF_COMMAND ? askCommand(samples, file, named, exit) : null
    answers.push({ file, arguments: named, exit, ...answer, ...(document === null ? {} : { document }) })
  }
  return answers
}

async function judge(samples: Samples, file: string, given: string[]): Promise<{ summary: string | null; lamps: Json; code: string | null }> {
  const option = (name: string): string | undefined => (given.includes(name) ? given[given.indexOf(name) + 1] : undefined)
  const [network, checkpoint, reading, vin] = ['--network', '--checkpoint', '--reading', '--vin'].map(option)
  const trust = { ...(network === undefined ? {} : { network: hexToBytes(network) }), ...(checkpoint === undefined ? {} : { checkpoint: readPin(samples[checkpoint] as Uint8Array) }) }
  try {
    const { summary, lamps, refusal } = await verifyCertificate(samples[file] as Uint8Array, { trust, ...(reading === undefined ? {} : { reading }), ...(vin === undefined ? {} : { vin }) }, portable)
    return { summary, lamps: Object.fromEntries(LAMP_NAMES.map((name) => [name, lamps[name].state])), code: refusal?.code ?? null }
  } catch (error) {
    if (error instanceof TelltaleError) return { summary: null, lamps: {}, code: error.code }
    throw error
  }
}

function readPin(bytes: Uint8Array): { checkpoint: Checkpoint; set: AuthoritySet } {
  const [, , checkpoint, set] = asArray(decode(bytes), 'pin', 4)
  return { checkpoint: checkpointFromCbor(checkpoint), set: setFromCbor(set) }
}

const COMMAND = resolve(import.meta.dirname, '../../apps/cli/src/main.ts')

/** What the command prints under --json, without its words; its exit code has to be the one that is expected. */
function askCommand(samples: Samples, file: string, given: string[], exit: number): Json {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-formats-'))
  try {
    for (const name of [file, ...given].filter((text) => text in samples)) writeFileSync(join(folder, name), samples[name] as Uint8Array)
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, 'verify', file, ...given, '--json'], { cwd: folder, encoding: 'utf8' })
    assert.equal(status, exit, `verify ${file} ${given.join(' ')}: ${stdout}${stderr}`)
    return withoutWords(JSON.parse(stdout) as Json)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Words are for people and may become better; everything else in an answer is frozen. */
function withoutWords(answer: Json): Json {
  if (Array.isArray(answer)) return answer.map(withoutWords)
  if (typeof answer !== 'object' || answer === null) return answer
  return Object.fromEntries(
    Object.entries(answer)
      .filter(([name]) => !WORDS.includes(name))
      .map(([name, value]) => [name, withoutWords(value)]),
  )
}

const WORDS = ['sentence', 'ground', 'message', 'expected', 'found']
