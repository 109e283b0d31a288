import type { Actor } from './actors.ts'
import { actor } from './actors.ts'
import { admit } from './calls.ts'
import { GENESIS_MS, createHistory } from './history.ts'

/** A gateway that says when it passed something on. */
export async function tellRelay(): Promise<{ name: string; bytes: Uint8Array }> {
  const [authority, gateway]: [Actor, Actor] = [actor(1), actor(2)]
  const history = await createHistory([authority], 'relay')
  const id = await history.send(await admit(history, authority, gateway, authority.address, [['gateway', null, null]]))
  const bytes = await history.sign({ from: gateway, call: 20, sub: gateway.address, args: [[id], GENESIS_MS + 500] })
  await history.block([bytes])
  return { name: 'relay', bytes }
}
