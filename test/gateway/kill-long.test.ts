import assert from 'node:assert/strict'
import { it } from 'node:test'
import { gatewayKillRounds } from './kill-rounds.ts'

it('a node and its gateway, killed at random moments under load, lose nothing that the gateway acknowledged, and double nothing', { timeout: 180_000 }, async () => {
  const { kills, acknowledged, statements } = await gatewayKillRounds({ rounds: 2, seed: 2, isInNode: false })
  assert.ok(kills.node > 0 && kills.gateway > 0 && acknowledged > 100 && statements > 0, `${JSON.stringify(kills)}, ${acknowledged} acknowledged, ${statements} statements`)
})

it('a node with its gateway in it, killed at random moments under load, loses nothing that the gateway acknowledged, and doubles nothing', { timeout: 180_000 }, async () => {
  const { kills, acknowledged, statements } = await gatewayKillRounds({ rounds: 2, seed: 3, isInNode: true })
  assert.ok(kills.node === 2 && acknowledged > 100 && statements > 0, `${JSON.stringify(kills)}, ${acknowledged} acknowledged, ${statements} statements`)
})
