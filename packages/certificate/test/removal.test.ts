import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { createSeededRandom } from '@telltale/testing'
import { createWorld } from './forgeries/world.ts'
import type { World } from './forgeries/world.ts'
import { checksIn, findChecks } from './removal/checks.ts'
import { createMutants } from './removal/mutant.ts'
import { forgeAll, runWithout, shuffle } from './removal/run.ts'
import type { ForgedFile } from './removal/run.ts'
import { isSpare, readSpare } from './removal/spare.ts'

const SAMPLE = 10
const seed = randomInt(2 ** 32)

describe(`without one of its checks (seed ${seed})`, () => {
  let world: World
  let files: ForgedFile[]
  const mutants = createMutants()
  before(async () => {
    world = await createWorld()
    files = await forgeAll(world)
  })
  after(() => mutants.close())

  const needed = findChecks().filter((check) => !isSpare(check, readSpare()))
  for (const check of shuffle(needed, createSeededRandom(seed)).slice(0, SAMPLE)) {
    it(`the verifier lets a forgery pass: ${check.path}:${check.line} ${check.words.slice(0, 60)}`, async () => {
      const { believed, crashed } = await runWithout(check, mutants, files, world, true)
      assert.ok(believed ?? crashed, 'no forgery needs this check: write one, delete the check, or give a reason in docs/decisions')
    })
  }
})

describe('checks are found', () => {
  it('as statements, as conditions, behind else, and alone', () => {
    const source = `function f(a, b) {
      if (a || b) throw fail('some-code', 'x')
      if (a) return 1
      else throw refute('surplus')
      if (a) { throw refute('unsorted') } else b()
      throw error
    }`
    const found = checksIn('x.ts', source).map(({ line, words, codes, replacement }) => ({ line, words: words.slice(0, 12), codes, replacement }))
    assert.deepEqual(found, [
      { line: 2, words: 'if (a || b) ', codes: ['some-code'], replacement: '{}' },
      { line: 2, words: 'a', codes: ['some-code'], replacement: 'false' },
      { line: 2, words: 'b', codes: ['some-code'], replacement: 'false' },
      { line: 4, words: 'throw refute', codes: ['surplus'], replacement: '{}' },
      { line: 5, words: 'if (a) { thr', codes: ['unsorted'], replacement: 'b()' },
    ])
  })

  it('in every file of the verifier that refuses, and each spare one is among them', () => {
    const checks = findChecks()
    assert.ok(checks.length > 90, `${checks.length} checks`)
    for (const entry of readSpare()) assert.ok(checks.some((check) => isSpare(check, [entry])), `docs/decisions tells of a check that is gone: ${entry.words}`)
  })
})
