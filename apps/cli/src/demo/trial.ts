import { LAMP_NAMES, verifyCertificate } from '@telltale/certificate'
import type { LampName, Question, Verification } from '@telltale/certificate'
import type { Primitives } from '@telltale/core'
import { CHEATS } from './cheats.ts'
import type { Honest } from './cheats.ts'

/** A forgery and what the verifier said to it. */
export interface Trial {
  /** Kebab-case; also the name of its file. */
  name: string
  /** What the cheat does, for people. */
  what: string
  /** The forged certificate; null where the file is honest and the dashboard lies. */
  bytes: Uint8Array | null
  /** The first lamp that is red, or null: then the cheat got through. */
  lamp: LampName | null
  verification: Verification
}

/** Tries every cheat on an honest certificate. */
export async function tryForgeries(honest: Honest, question: Question, primitives: Primitives): Promise<Trial[]> {
  const trials: Trial[] = []
  for (const [name, { what, forge }] of Object.entries(CHEATS)) {
    const { certificate, reading } = await forge(honest, primitives)
    const verification = await verifyCertificate(certificate, reading === undefined ? question : { ...question, reading }, primitives)
    const lamp = LAMP_NAMES.find((one) => verification.lamps[one].state === 'refuted') ?? null
    trials.push({ name, what, bytes: certificate === honest.certificate ? null : certificate, lamp, verification })
  }
  return trials
}
