import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { simulate } from '../src/simulation.ts'
import type { Weakness } from '../src/world/weakness.ts'

/** For each rule a network that shows what it is good for, and the code by which the checks find that it is missing. */
const SHOWN: [weakness: Weakness, seed: number, code: string][] = [
  ['forgotten-votes', 4, 'honest-accused'],
  ['sourceless-votes', 44, 'honest-accused'],
  ['heaviest-head', 13, 'stalled'],
]

suite('a rule that is taken away on purpose', () => {
  for (const [weakness, seed, code] of SHOWN) {
    test(`${weakness}: the checks find it, and nothing with the rule in force`, async () => {
      const { failure: honest } = await simulate({ seed, authorities: 4, misconduct: [] })
      assert.equal(honest, null)
      const { failure } = await simulate({ seed, authorities: 4, misconduct: [], weakness })
      assert.equal((failure as { code?: string } | null)?.code, code)
    })
  }
})
