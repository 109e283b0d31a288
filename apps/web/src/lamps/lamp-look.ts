import type { LampState } from '@telltale/certificate'

/** What a lamp can look like; `pending`: on its way. */
export type LampLook = LampState | 'pending'

/** A lamp as it is shown: what it answers, how, and on what ground. */
export interface ShownLamp {
  name: string
  title: string
  look: LampLook
  ground: string
}
