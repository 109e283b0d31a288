import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { LAMP_NAMES } from '../src/lamp.ts'
import { FORGERIES } from './forgeries/all.ts'
import { forge, judge } from './forgeries/outcome.ts'
import { createWorld } from './forgeries/world.ts'
import type { Base, World } from './forgeries/world.ts'

describe('a forged certificate', () => {
  let world: World
  before(async () => {
    world = await createWorld()
  })

  /** Once for each honest file: it is believed, by whoever trusts its network or checkpoint. */
  const believed = new Map<Base, Promise<void>>()
  const requireBelieved = (base: Base): Promise<void> => {
    const known = believed.get(base) ?? believe(base)
    believed.set(base, known)
    return known
  }
  const believe = async (base: Base): Promise<void> => {
    const { bytes, question } = world.honest[base]
    const { code, summary } = await judge(bytes, question, null, world)
    assert.deepEqual({ base, code, summary }, { base, code: null, summary: base === 'clean' ? 'holds' : 'attention' })
  }

  for (const lamp of [null, ...LAMP_NAMES]) {
    describe(lamp === null ? 'cannot be read' : `shows at the lamp "${lamp}"`, () => {
      for (const forgery of FORGERIES.filter((one) => one.lamp === lamp)) {
        it(`${forgery.name} (${forgery.by}): ${forgery.code ?? forgery.state ?? 'refuted'}`, async () => {
          await requireBelieved(forgery.base)
          const { bytes, question } = await forge(forgery, world)
          const { summary, ...outcome } = await judge(bytes, question, forgery.lamp, world)
          assert.deepEqual(outcome, { lamp: forgery.lamp, state: forgery.state ?? 'refuted', code: forgery.code })
          assert.notEqual(summary, 'holds')
        })
      }
    })
  }

  it('is not every certificate: each honest one is believed', async () => {
    for (const base of Object.keys(world.honest) as Base[]) await requireBelieved(base)
  })

  it('has a name of its own', () => {
    assert.equal(new Set(FORGERIES.map(({ name }) => name)).size, FORGERIES.length)
  })
})
