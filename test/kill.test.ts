import assert from 'node:assert/strict'
import { it } from 'node:test'
import { killRounds } from './kill/rounds.ts'

it('a node and its devices, killed at random moments under load, keep everything that was acknowledged', { timeout: 120_000 }, async () => {
  const { records, heads } = await killRounds(10, 1)
  assert.ok(records > 0 && heads > 0, 'nothing was acknowledged, so nothing was shown')
})
