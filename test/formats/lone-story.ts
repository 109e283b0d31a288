import type { Actor } from './actors.ts'
import { actor } from './actors.ts'
import { createHistory } from './history.ts'

/** A lone authority that lost what it had signed and says so: the one call that no other story can hold. */
export async function tellResumption(): Promise<{ name: string; bytes: Uint8Array }> {
  const authority: Actor = actor(1)
  const history = await createHistory([authority], 'lone')
  const bytes = await history.sign({ from: authority, call: 35, sub: authority.address, args: [null, 0] })
  await history.block([bytes])
  return { name: 'resumed', bytes }
}
