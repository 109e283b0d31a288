import { LAMP_NAMES, verifyCertificate } from '@telltale/certificate'
import type { LampName, Question, Verification } from '@telltale/certificate'
import type { Primitives } from '@telltale/core'
import { certificateOfOwnLedger } from './car.ts'
import type { Drive } from './drives.ts'
import { flipByte, leaveOut, rollBack } from './forgeries.ts'

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

/** Miles that the cheats take off. */
const MILES_TAKEN_OFF = 20_000

/** Tries everything on an honest certificate that the dashboard's miles belong to. */
export async function tryForgeries(honest: Uint8Array, { question, miles, drive }: { question: Question; miles: number; drive: Drive }, primitives: Primitives): Promise<Trial[]> {
  const judge = async (name: string, what: string, bytes: Uint8Array | null, asked: Question = question): Promise<Trial> => {
    const verification = await verifyCertificate(bytes ?? honest, asked, primitives)
    return { name, what, bytes, lamp: LAMP_NAMES.find((lamp) => verification.lamps[lamp].state === 'refuted') ?? null, verification }
  }
  const fewer = `${MILES_TAKEN_OFF.toLocaleString('en')} miles`
  return [
    await judge('dashboard', `The dashboard is set back by ${fewer}; the file is left alone.`, null, { ...question, reading: `${miles - MILES_TAKEN_OFF} mi` }),
    await judge('flipped-byte', 'One byte of the file is flipped.', flipByte(honest)),
    await judge('rolled-back', `The last record is opened, ${fewer} are taken off, it is sealed again and signed with a key of the cheat.`, await rollBack(honest, MILES_TAKEN_OFF, primitives)),
    await judge('left-out', 'The last record is left out; the count and all roots are recomputed.', leaveOut(honest, primitives)),
    await judge('own-ledger', `The cheat runs a ledger of their own and certifies the same drive with ${fewer} less: a flawless file.`, await certificateOfOwnLedger(drive, MILES_TAKEN_OFF)),
  ]
}
