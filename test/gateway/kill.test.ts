import assert from 'node:assert/strict'
import { it } from 'node:test'
import { gatewayKillRounds } from './kill-rounds.ts'

it('a node and its gateway, killed at random moments under load, lose nothing that the gateway acknowledged, and double nothing', { timeout: 180_000 }, async () => {
  const { kills, acknowledged, statements } = await gatewayKillRounds(3, 2)
  assert.ok(kills.node > 0 && kills.gateway > 0 && acknowledged > 100 && statements > 0, `${JSON.stringify(kills)}, ${acknowledged} acknowledged, ${statements} statements`)
})
