import type { Primitives } from '@telltale/core'
import { countText } from '../figures.ts'
import { certificateOfOwnLedger } from './car.ts'
import type { Drive } from './drives.ts'
import { flipByte, leaveOut, rollBack } from './forgeries.ts'

/** What a cheat starts from. */
export interface Honest {
  certificate: Uint8Array
  /** What the dashboard shows. */
  miles: number
  /** The drive that a ledger of the cheat's own would hold. */
  drive: Drive
}

/** What a cheat hands over: a file, and what its dashboard shows where that lies. */
export interface Forgery {
  certificate: Uint8Array
  reading?: string
}

/** A way to cheat. It works on copies: the ledger and its files are never touched. */
export interface Cheat {
  title: string
  /** What the cheat does, for people. */
  what: string
  forge(honest: Honest, primitives: Primitives): Promise<Forgery>
}

/** Miles that the cheats take off. */
const MILES_TAKEN_OFF = 20_000
const fewer = `${countText(MILES_TAKEN_OFF)} miles`

/** By kebab-case name, which is also that of the file. */
export const CHEATS: Record<string, Cheat> = {
  dashboard: {
    title: 'Set the dashboard back',
    what: `The dashboard is set back by ${fewer}; the file is left alone.`,
    forge: async ({ certificate, miles }) => ({ certificate, reading: `${miles - MILES_TAKEN_OFF} mi` }),
  },
  'flipped-byte': {
    title: 'Change one byte of the file',
    what: 'One byte of the file is flipped.',
    forge: async ({ certificate }) => ({ certificate: flipByte(certificate) }),
  },
  'rolled-back': {
    title: 'Roll the odometer back',
    what: `The last record is opened, ${fewer} are taken off, it is sealed again and signed with a key of the cheat.`,
    forge: async ({ certificate }, primitives) => ({ certificate: await rollBack(certificate, MILES_TAKEN_OFF, primitives) }),
  },
  'left-out': {
    title: 'Drop the last record',
    what: 'The last record is left out; the count and all roots are computed anew.',
    forge: async ({ certificate }, primitives) => ({ certificate: leaveOut(certificate, primitives) }),
  },
  'own-ledger': {
    title: 'Forge the whole certificate',
    what: `The cheat runs a ledger of their own and certifies a drive of the same car with ${fewer} less: a flawless file.`,
    forge: async ({ drive }) => ({ certificate: await certificateOfOwnLedger(drive, MILES_TAKEN_OFF) }),
  },
}
