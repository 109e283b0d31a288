import assert from 'node:assert/strict'
import { it } from 'node:test'
import { httpKillRounds } from './http/kill-rounds.ts'

it('a node that is killed at random moments while records come over HTTP keeps everything that it acknowledged', { timeout: 180_000 }, async () => {
  const { records, roots } = await httpKillRounds(3, 3)
  assert.ok(records > 20 && roots > 1, `${records} records and ${roots} roots: too few to show anything`)
})
