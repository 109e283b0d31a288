import { UsageError } from './failure.ts'
import { printable } from './layout.ts'

const NAME_CHARACTERS_MAX = 64

/** Refuses a name that cannot be shown: other people will see it (`malformed-name`). */
export function requireNetworkName(name: string): void {
  if (name.trim() !== '' && name.length <= NAME_CHARACTERS_MAX && printable(name) === name && !name.includes('\n')) return
  throw new UsageError('malformed-name', 'The name of a network is text of 1 to 64 characters.', { expected: `1 to ${NAME_CHARACTERS_MAX} printable characters`, found: `${name.length} characters` })
}
