import { bytesToHex, encodePin, TelltaleError } from '@telltale/core'
import { LAMP_NAMES } from '../../src/lamp.ts'
import type { LampName, LampState } from '../../src/lamp.ts'
import type { Summary } from '../../src/verify/words.ts'
import { verifyCertificate } from '../../src/verify/verifier.ts'
import type { Question } from '../../src/verify/verifier.ts'
import { FORGERIES } from '../forgeries/all.ts'
import type { Forgery } from '../forgeries/forging.ts'
import { forge } from '../forgeries/outcome.ts'
import type { Base, World } from '../forgeries/world.ts'

/** A question about one of the sample files, and everything about its answer that is not words. */
export interface Expectation {
  name: string
  file: string
  /** As `telltale verify FILE ARGS...` takes them; checkpoints are files beside the certificates. */
  args: string[]
  /** 0 holds (or a person should look), 1 refuted, 2 cannot be read or asked, 3 a question stays open. */
  exit: number
  summary: Summary | null
  lamps: Record<LampName, LampState> | null
  code: string | null
}

export interface Samples {
  /** Certificates and checkpoints by name. */
  files: Map<string, Uint8Array>
  expected: Expectation[]
}

const BASES: Base[] = ['clean', 'whole', 'partial', 'anchored', 'lone']
/** Larger files would say nothing that the others do not. */
const FILE_BYTES_MAX = 20_000

/** Every honest file and, of each kind of forgery, the first: by its lamp and code. */
export async function makeSamples(world: World): Promise<Samples> {
  const samples: Samples = { files: new Map(), expected: [] }
  for (const base of BASES) {
    const { bytes, question } = world.honest[base]
    await add(samples, `honest, ${base}`, bytes, question, world)
  }
  const kinds = new Set<string>()
  for (const forgery of FORGERIES) {
    const { bytes, question } = await forge(forgery, world)
    if (kinds.has(kindOf(forgery)) || bytes.length > FILE_BYTES_MAX) continue
    kinds.add(kindOf(forgery))
    await add(samples, forgery.name, bytes, question, world)
  }
  return samples
}

/** Questions about an honest file take no file of their own, so all of them are asked. */
function kindOf({ name, question, lamp, state, code }: Forgery): string {
  return question && code === null ? name : [lamp, state, code].join(' ')
}

async function add({ files, expected }: Samples, name: string, bytes: Uint8Array, question: Question, { primitives }: World): Promise<void> {
  const file = fileOf(files, bytes, `${kebab(name)}.telltale`)
  const args = argsOf(question, files, kebab(name))
  try {
    const { summary, lamps, isOpen, refusal } = await verifyCertificate(bytes, question, primitives)
    const states = Object.fromEntries(LAMP_NAMES.map((lamp) => [lamp, lamps[lamp].state])) as Record<LampName, LampState>
    expected.push({ name, file, args, exit: summary === 'refuted' ? 1 : isOpen ? 3 : 0, summary, lamps: states, code: refusal?.code ?? null })
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    expected.push({ name, file, args, exit: 2, summary: null, lamps: null, code: error.code })
  }
}

function fileOf(files: Samples['files'], bytes: Uint8Array, name: string): string {
  const known = [...files].find(([, other]) => Buffer.compare(other, bytes) === 0)
  if (known) return known[0]
  files.set(name, bytes)
  return name
}

function argsOf({ trust, reading, vin }: Question, files: Samples['files'], name: string): string[] {
  return [
    ...(trust.network ? ['--network', bytesToHex(trust.network)] : []),
    ...(trust.checkpoint ? ['--checkpoint', fileOf(files, encodePin(trust.checkpoint), `${name}.checkpoint`)] : []),
    ...(reading === undefined ? [] : ['--reading', reading]),
    ...(vin === undefined ? [] : ['--vin', vin]),
  ]
}

/** As far as a list of files shows it whole. */
function kebab(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').slice(0, 60).replaceAll(/^-|-$/g, '')
}

export function expectedJson({ expected }: Samples): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(expected, null, 2)}\n`)
}
