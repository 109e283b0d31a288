import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { fail, keyFields, publicKeyToCose, signStatement, signTransaction } from '@telltale/core'
import type { Cbor, Signer } from '@telltale/core'
import { createChain } from '@telltale/consensus'
import type { SignatureVerifier } from '@telltale/consensus'
import { openLedger } from '@telltale/ledger'
import type { Store } from '@telltale/ledger'
import { createStore } from '@telltale/storage'
import { createNodePrimitives } from '../../src/crypto/node-primitives.ts'
import { storeDirectory } from '../../src/home/home.ts'
import { createWallet } from '../../src/home/wallet.ts'
import { checkData } from '../../src/upkeep/data-check.ts'
import { open, openCar, withDirectory } from '../home/scratch-home.ts'

const primitives = createNodePrimitives()
/** A node that has forgotten to check: what it lets through is what a check has to find. */
const credulous: SignatureVerifier = { verify: () => true }
const CALL_ADMIT = 1
/** Signatures of the authority in one run, after the one for the block that is there already. */
const SEAL = 1
const COSIGNATURE = 2

interface Parts {
  /** Spoils signatures of the authority, by the number of its signature in this run. */
  spoil?: (signature: Uint8Array, number: number) => Uint8Array
  /** Replaces calls of the store. */
  store?: (store: Store) => Partial<Store>
  spoilTransaction?: (bytes: Uint8Array) => Uint8Array
  acceptLoss?: boolean
}

/** Opens a data directory with a node that checks nothing, and admits somebody. */
async function admitSomebody(directory: string, { spoil = (signature) => signature, store: replace = () => ({}), spoilTransaction = (bytes) => bytes, acceptLoss = false }: Parts): Promise<void> {
  const wallet = createWallet(directory, undefined)
  const authority = await wallet.open('authority')
  let number = 0
  const sign = async (message: Uint8Array): Promise<Uint8Array> => spoil(await authority.signer.sign(message), number++)
  const signer: Signer = { publicKey: authority.signer.publicKey, keyNumber: authority.signer.keyNumber, sign }
  const disk = await createStore({ directory: storeDirectory(directory), create: false })
  const calls = replace(disk)
  const store = new Proxy<Store>(disk, { get: (target, name) => (name in calls ? Reflect.get(calls, name) : Reflect.get(target, name)) as unknown })
  try {
    const ledger = await openLedger({ store, primitives })
    const chain = await createChain({ ledger, signer, address: authority.address, verifier: credulous, primitives, clock: { nowMs: () => ledger.position.timeMs + 1 }, acceptLoss })
    const name = `friend-${ledger.position.height}`
    const key = await wallet.create(name, 'EdDSA')
    const { signature } = await signStatement('key', ledger.network, keyFields(key.address, 'identity', 0, authority.address), key.signer)
    const args: Cbor[] = [publicKeyToCose(key.publicKey), signature, authority.address, [['owner', null, null]]]
    const bytes = await signTransaction({ network: ledger.network.subarray(0, 16), iss: authority.address, sub: key.address, call: CALL_ADMIT, sequence: 0, args }, authority.signer)
    await chain.submit({ bytes: spoilTransaction(bytes), attachments: [] })
    await chain.stop()
  } finally {
    await disk.close()
  }
}

function flipLast(bytes: Uint8Array): Uint8Array {
  const flipped = bytes.slice()
  flipped[flipped.length - 1] = (flipped.at(-1) as number) ^ 1
  return flipped
}

async function problemsOf(directory: string): Promise<string[]> {
  return (await checkData(directory)).problems.map(({ code, what, file }) => `${code} ${what} ${file}`)
}

async function withCar(work: (directory: string) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const { home } = await openCar(directory)
    await home.close()
    assert.deepEqual(await problemsOf(directory), [], 'all is well to begin with')
    await work(directory)
  })
}

suite('a check of a store whose bytes are whole', () => {
  test('passes where everything was signed as it should be', async () => {
    await withCar(async (directory) => {
      await admitSomebody(directory, {})
      const report = await checkData(directory)
      assert.deepEqual([report.problems, report.blocks, report.transactions], [[], 5, 4])
      // Senders: 4. Beside them key statements of owner, device and friend, the owner's consent to the asset, 4 seals, 4 cosignatures, and one more for the
      // block that was there when the directory was opened again.
      assert.equal(report.signatures, 4 + 3 + 1 + 4 + 4 + 1)
    })
  })

  test('finds a transaction whose signature does not hold, with its block', async () => {
    await withCar(async (directory) => {
      await admitSomebody(directory, { spoilTransaction: flipLast })
      const [problem, ...others] = (await checkData(directory)).problems
      assert.deepEqual([problem?.code, problem?.what, problem?.file, others], ['invalid-signature', 'block 4', 'store/blocks/000000000000.seg', []])
      assert.ok((problem?.offset ?? 0) > 0 && (problem?.length ?? 0) > 0)
    })
  })

  test('finds a seal that does not hold', async () => {
    await withCar(async (directory) => {
      await admitSomebody(directory, { spoil: (signature, number) => (number === SEAL ? flipLast(signature) : signature) })
      assert.deepEqual(await problemsOf(directory), ['invalid-signature block 4 store/blocks/000000000000.seg'])
    })
  })

  test('finds a cosignature that does not hold', async () => {
    await withCar(async (directory) => {
      await admitSomebody(directory, { spoil: (signature, number) => (number === COSIGNATURE ? flipLast(signature) : signature) })
      assert.deepEqual(await problemsOf(directory), ['invalid-signature cosignature of block 4 store/side'])
    })
  })

  test('finds keys and salts that are not those of the ledger', async () => {
    await withCar(async (directory) => {
      const home = await open(directory)
      await home.updateProfile((profile) => ({ ...profile, assets: profile.assets.map((asset) => ({ ...asset, salt: flipLast(asset.salt) })), devices: profile.devices.map((device) => ({ ...device, key: 'nobody' })) }))
      const [asset] = home.profile.assets
      await home.close()
      assert.deepEqual(await problemsOf(directory), [`file-mismatch asset ${asset?.id ?? ''} telltale.json`, 'file-mismatch key nobody telltale.json'])
    })
  })
})

test('a process that ends between the block that tells of a loss and the file of what was signed has to accept it again', async () => {
  await withCar(async (directory) => {
    const store = await createStore({ directory: storeDirectory(directory), create: false })
    await store.writeSigned({ ...(store.signed as NonNullable<typeof store.signed>), size: 50, sealedHeight: 50 })
    await store.close()
    assert.deepEqual(await problemsOf(directory), ['signed-state-lost what the authority signed store/signed'])
    const ends = { acceptLoss: true, store: () => ({ writeSigned: async () => Promise.reject(fail('disk-failed', 'The process ends here.')) }) }
    await assert.rejects(admitSomebody(directory, ends), { code: 'disk-failed' })
    assert.deepEqual(await problemsOf(directory), ['signed-state-lost what the authority signed store/signed'], 'what was signed was not lowered, although the block is there')
    await assert.rejects(open(directory), { code: 'signed-state-lost' })
    await admitSomebody(directory, { acceptLoss: true })
    assert.deepEqual(await problemsOf(directory), [])
    await (await open(directory)).close()
  })
})
