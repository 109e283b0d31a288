import { TelltaleError } from '@telltale/core'
import { encodeCertificate } from '../../src/certificate.ts'
import { LAMP_NAMES } from '../../src/lamp.ts'
import type { Lamp, LampName } from '../../src/lamp.ts'
import type { Verification } from '../../src/verify/report.ts'
import { verifyCertificate } from '../../src/verify/verifier.ts'
import type { Question } from '../../src/verify/verifier.ts'
import type { Forgery } from './forging.ts'
import type { World } from './world.ts'

/** What is said about a file: which lamp is not green and in what state, and the code, where there is one. */
export interface Outcome {
  lamp: LampName | null
  state: Lamp['state']
  code: string | null
}

/** The bytes of a forgery and what is asked of them. */
export async function forge(forgery: Forgery, world: World): Promise<{ bytes: Uint8Array; question: Question }> {
  const { network, question } = world.honest[forgery.base]
  const certificate = world.read(forgery.base)
  const bytes = await forgery.forge({ certificate, world, story: world.story, network })
  return { bytes: bytes ?? encodeCertificate(certificate), question: (await forgery.question?.(world)) ?? question }
}

/** What is said of the lamp that a forgery is expected to show; `code` is that of an error where the file cannot be read. */
export async function judge(bytes: Uint8Array, question: Question, lamp: LampName | null, { primitives }: World): Promise<Outcome & { summary: Verification['summary'] | null }> {
  try {
    const { lamps, refusal, summary } = await verifyCertificate(bytes, question, primitives)
    const shown = LAMP_NAMES.find((name) => lamps[name].state === 'refuted') ?? lamp
    return { lamp: shown, state: shown === null ? 'holds' : lamps[shown].state, code: refusal?.code ?? null, summary }
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    return { lamp: null, state: 'refuted', code: error.code, summary: null }
  }
}
