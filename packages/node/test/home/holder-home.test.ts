import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { createStore } from '@telltale/storage'
import { initHolderHome } from '../../src/home/holder-home.ts'
import { initHome, storeDirectory } from '../../src/home/home.ts'
import { initJointNetwork } from '../../src/home/joint-network.ts'
import { readProfile } from '../../src/home/profile.ts'

suite('a directory that joins a network', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-holder-'))
  const at = (name: string): string => join(folder, name)
  after(() => rmSync(folder, { recursive: true, force: true }))

  async function genesisOf(directory: string): Promise<Uint8Array> {
    const store = await createStore({ directory: storeDirectory(directory), create: false })
    try {
      return (await store.readBlock(0)).bytes
    } finally {
      await store.close()
    }
  }

  function joinAs(name: string, keysOf: string | null, genesis: Uint8Array): ReturnType<typeof initHolderHome> {
    if (keysOf !== null) cpSync(join(at(keysOf), 'keys'), join(at(name), 'keys'), { recursive: true })
    return initHolderHome({ directory: at(name), password: undefined, algorithm: 'EdDSA', genesis })
  }

  test('is who it was where its keys were kept, an authority too, and somebody new where there are none', async () => {
    const { authorities: [first], members: [member] } = await initJointNetwork({ authorities: [at('one'), at('two')], members: [at('three')], algorithm: 'EdDSA', parameters: {}, nowMs: 1_750_000_000_000 })
    const genesis = await genesisOf(at('one'))
    assert.equal((await joinAs('one-again', 'one', genesis)).key.address, first!.address)
    assert.equal((await readProfile(at('one-again')))?.authority, 'authority')
    assert.equal((await joinAs('three-again', 'three', genesis)).key.address, member!.address)
    const fresh = await joinAs('four', null, genesis)
    assert.ok(![first, member].some((known) => known!.address === fresh.key.address))
  })

  test('is refused to the key that began a network alone: nobody else can say what it signed', async () => {
    await initHome({ directory: at('alone'), password: undefined, algorithm: 'EdDSA', nowMs: 1_750_000_000_000 })
    const genesis = await genesisOf(at('alone'))
    await joinAs('member-of-alone', null, genesis)
    await assert.rejects(joinAs('alone-again', 'alone', genesis), { code: 'signed-state-lost' })
  })
})
