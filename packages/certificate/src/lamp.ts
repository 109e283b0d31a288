/**
 * What a lamp can say. `holds`: checked, and so it is. `attention`: it holds, but a person should look. `refuted`: checked, and it is not so.
 * `unknown`: it cannot be told from here. `not-asked`: nobody asked.
 */
export type LampState = 'holds' | 'attention' | 'refuted' | 'unknown' | 'not-asked'

export interface Lamp {
  state: LampState
  /** On what ground, in a line for people. */
  ground: string
}

/** In the order in which they are checked and shown. */
export const LAMP_NAMES = ['network', 'car', 'genuine', 'complete', 'certified', 'reading', 'noted'] as const

export type LampName = (typeof LAMP_NAMES)[number]

export type Lamps = Record<LampName, Lamp>
