import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { TelltaleError, portable } from '@telltale/core'
import { openLedger } from '@telltale/ledger'
import { createPlainStore } from '@telltale/testing'
import { createBlockIntake } from '../../src/chain/many/block-intake.ts'
import { createInlineVerifier } from '../../src/chain/signature-verifier.ts'
import { createSimulatedNetwork } from './rig.ts'

suite('blocks of several authorities from a file', () => {
  test('are final only where votes or more than two thirds of cosignatures show it', async () => {
    const { clock, nodes, ...network } = await createSimulatedNetwork({ authorities: 4, members: 0, seed: 7 })
    const certified = nodes[0]!.chain.submit(await network.admission())
    await clock.pass(5000)
    const { height: certifiedHeight } = await certified
    const { store, position } = nodes[0]!.ledger
    const cosignatures = (await Array.fromAsync(store.kept('cosignature'))).slice(0, 3)
    assert.equal(cosignatures.length, 3)
    const genesis = (await store.readBlock(0)).bytes
    const begin = async (): Promise<{ ledger: Awaited<ReturnType<typeof openLedger>>; intake: Awaited<ReturnType<typeof createBlockIntake>> }> => {
      const ledger = await openLedger({ store: createPlainStore(), primitives: portable, genesis })
      return { ledger, intake: await createBlockIntake({ ledger, primitives: portable, verifier: createInlineVerifier(portable), clock }) }
    }
    const feed = async ({ intake }: Awaited<ReturnType<typeof begin>>, last: number): Promise<void> => {
      for (let height = 1; height <= last; height++) await intake.take({ bytes: (await store.readBlock(height)).bytes, attachments: [] }, height, () => false)
    }
    const [few, enough, spoiled] = [await begin(), await begin(), await begin()]
    for (const one of [few, enough, spoiled]) await feed(one, certifiedHeight)
    assert.deepEqual([few.ledger.position.height, few.intake.openCount], [certifiedHeight - 1, 1], 'the newest carries no votes for itself')
    await few.intake.takeCosignatures(cosignatures.slice(0, 2))
    assert.equal(few.ledger.position.height, certifiedHeight - 1, 'two of four are not enough')
    await enough.intake.takeCosignatures(cosignatures)
    assert.deepEqual([enough.ledger.position.height, enough.intake.openCount], [certifiedHeight, 0])
    const flipped = cosignatures.map((bytes) => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1))
    await assert.rejects(spoiled.intake.takeCosignatures(flipped), (error) => error instanceof TelltaleError && error.code === 'invalid-signature')
    assert.ok(position.height >= certifiedHeight)
  })
})
