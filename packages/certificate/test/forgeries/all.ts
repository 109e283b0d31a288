import { CAR } from './car.ts'
import { COMPLETENESS } from './completeness.ts'
import type { Forgery } from './forging.ts'
import { FORM } from './form.ts'
import { LINKS } from './links.ts'
import { NOTES } from './notes.ts'
import { OPENING } from './opening.ts'
import { SIGNING } from './signing.ts'
import { STATE } from './state.ts'
import { TRUST } from './trust.ts'

/** Every forgery, in the order of the checks. */
export const FORGERIES: Forgery[] = [...FORM, ...TRUST, ...LINKS, ...STATE, ...CAR, ...COMPLETENESS, ...SIGNING, ...NOTES, ...OPENING]
