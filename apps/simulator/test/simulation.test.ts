import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { simulate } from '../src/simulation.ts'

/** How long new networks are begun; each takes about a second. */
const BUDGET_MS = 6_000
/** Seeds of the first network: a failure is played again with `npm run simulate -- --seed N --seeds 1 --authorities COUNT`. */
const FIRST_SEED = Number(process.env['SEED'] ?? 1)

suite('a whole network on a simulated clock, network and disk', () => {
  test('keeps one history and loses nothing, whatever nodes and messages are lost, and goes on once all is put right', async () => {
    const endMs = performance.now() + BUDGET_MS
    let played = 0
    let certified = 0
    for (let seed = FIRST_SEED; performance.now() < endMs; seed++) {
      const authorities = [4, 4, 1, 6, 4, 7][seed % 6] as number
      const { failure, misconduct, report } = await simulate({ seed, authorities })
      assert.equal(failure, null, `seed ${seed}, ${authorities} authorities, ${misconduct.join(' ')}: ${failure?.message}`)
      played += 1
      certified += report.certified
    }
    assert.ok(played > 0 && certified > 0)
  })

  for (const [seed, misconduct, what] of [
    [5, [], 'nobody is blamed for having moved to another branch while it was asked'],
    [57, [], 'transactions in blocks that lose wait again, also where their node was restarted'],
    [53, [], 'an authority that comes back from an older backup goes on above what others saw of it'],
    [58, ['height-liar'], 'authorities that start vote again although others know of a final block that they cannot show'],
    [3, ['equivocator'], 'two seals on one parent end in the ledger, and their sealer leaves'],
    [6, ['forger'], 'blocks and votes that do not hold are refused'],
  ] as [number, string[], string][]) {
    test(`${what}: seed ${seed}`, async () => {
      const { failure, report } = await simulate({ seed, authorities: 4, misconduct })
      assert.equal(failure, null)
      for (const name of misconduct) assert.ok((report.misconduct.get(name) ?? 0) > 0)
    })
  }

  test('plays the same again from the same seed', async () => {
    const [one, other] = [await simulate({ seed: 5, authorities: 4, rounds: 4 }), await simulate({ seed: 5, authorities: 4, rounds: 4 })]
    assert.ok(one.report.blocks > 0)
    assert.deepEqual(one, other)
  })
})
