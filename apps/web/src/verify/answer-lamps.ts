import { LAMP_NAMES } from '@telltale/certificate'
import type { Lamps } from '@telltale/certificate'
import type { LampLook, ShownLamp } from '../lamps/lamp-look.ts'
import { words } from '../words.ts'

/** The seven lamps as they are shown. While there is no answer they look like `unanswered`; `hasQuestions`: each then says what it answers. */
export function answerLamps(lamps: Lamps | undefined, { unanswered = 'pending', hasQuestions = false }: { unanswered?: LampLook; hasQuestions?: boolean } = {}): ShownLamp[] {
  return LAMP_NAMES.map((name) => ({ name, title: words.lamp.titles[name], look: lamps?.[name].state ?? unanswered, ground: lamps?.[name].ground ?? (hasQuestions ? words.lamp.questions[name] : '') }))
}
