import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SimulatedClock } from '@telltale/testing'
import { createAnswerBudget } from '../src/allowance.ts'
import { ANSWERED_BYTES_BURST, ANSWERED_BYTES_PER_SECOND, ANSWER_BYTES_MAX } from '../src/limits.ts'

suite('what a peer is given for its questions', () => {
  test('who asks for the largest answers without end waits for them, and who asks now and then does not', async () => {
    const clock = new SimulatedClock()
    const budget = createAnswerBudget(clock)
    let answered = 0
    const askOn = async (): Promise<void> => {
      for (;;) {
        await budget.ready()
        budget.spend(ANSWER_BYTES_MAX)
        answered += ANSWER_BYTES_MAX
      }
    }
    void askOn()
    await clock.pass(1)
    assert.ok(answered >= ANSWERED_BYTES_BURST, 'what it saved up is given at once')
    await clock.pass(60_000)
    assert.ok(answered <= ANSWERED_BYTES_BURST + 60.1 * ANSWERED_BYTES_PER_SECOND + ANSWER_BYTES_MAX, `${answered} bytes in a minute`)
    assert.ok(answered >= 60 * ANSWERED_BYTES_PER_SECOND, 'and no less than it may have')

    const calm = createAnswerBudget(clock)
    const startedMs = clock.nowMs()
    for (let i = 0; i < 10; i++) {
      await calm.ready()
      calm.spend(1000)
    }
    assert.equal(clock.nowMs(), startedMs)
  })
})
