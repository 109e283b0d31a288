import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { TelltaleError, decode, encode, equalBytes, keyFields, portable, publicKeyFromCose, publicKeyToCose, signStatement } from '@telltale/core'
import type { Cbor, Signer } from '@telltale/core'
import { testBytes, testIdentity, testSigner } from '@telltale/testing'
import { createGenesis, readGenesis } from '../src/genesis.ts'
import { DEFAULT_PARAMETERS } from '../src/parameters.ts'

const make = (numbers: number[], name = 'test'): Promise<Awaited<ReturnType<typeof createGenesis>>> => createGenesis(1_750_000_000_000, { ...DEFAULT_PARAMETERS, name }, numbers.map((n) => testSigner(n, n % 2 === 0 ? 'EdDSA' : 'ES256')), portable)

async function codeOf(bytes: Uint8Array): Promise<string> {
  try {
    await readGenesis(bytes, portable)
  } catch (error) {
    assert.ok(error instanceof TelltaleError, String(error))
    return error.code
  }
  return 'accepted'
}

suite('genesis', () => {
  test('reads back; its hash is the network, and depends on everything in it', async () => {
    const file = await make([1, 2, 3, 4])
    assert.deepEqual(await readGenesis(file.bytes, portable), file)
    assert.deepEqual(file.network, portable.sha256(file.bytes))
    assert.deepEqual((await make([4, 3, 2, 1])).bytes, file.bytes, 'authorities stand in order of address')
    for (const other of [await make([1, 2, 3]), await make([1, 2, 3, 4], 'other'), await createGenesis(1, DEFAULT_PARAMETERS, [testSigner(1)], portable)]) assert.notDeepEqual(other.network, file.network)
  })

  test('another form is refused', async () => {
    const { bytes } = await make([1, 2])
    const items = decode(bytes) as Cbor[]
    const [one, two] = items[7] as [Cbor[], Cbor[]]
    const cases: [string, Cbor, string][] = [
      ['another magic', items.with(0, 'tt-other'), 'wrong-shape'],
      ['another version', items.with(1, 2), 'unknown-version'],
      ['another version with more in it', [...items.with(1, 2), 0], 'unknown-version'],
      ['a later era', items.with(2, 1), 'wrong-shape'],
      ['a previous link in the first era', items.with(3, []), 'malformed-genesis'],
      ['another engine', items.with(4, 'cometbft'), 'wrong-shape'],
      ['a time below zero', items.with(5, -1), 'wrong-shape'],
      ['no parameters', items.with(6, null), 'wrong-shape'],
      ['no authorities', items.with(7, []), 'malformed-genesis'],
      ['authorities out of order', items.with(7, [two, one]), 'malformed-genesis'],
      ['an authority twice', items.with(7, [one, one]), 'malformed-genesis'],
      ['an authority left out, the others signing for the whole', items.with(7, [one]), 'malformed-genesis'],
      ['the address of another key', items.with(7, [one.with(0, testIdentity(99).address), two]), 'malformed-genesis'],
      ['a signature of another', items.with(7, [one.with(2, two[2] as Cbor), two]), 'malformed-genesis'],
      ['a signature under other parameters', items.with(5, 1), 'malformed-genesis'],
      ['no signature', items.with(7, [one.slice(0, 2), two]), 'wrong-shape'],
      ['a weak key', items.with(7, [one.with(1, new Map<number, Cbor>([[1, 1], [3, -8], [-1, 6], [-2, new Uint8Array(32)]])), two]), 'weak-key'],
      ['eight items and one more', [...items, 0], 'wrong-shape'],
    ]
    assert.equal(await codeOf(encode(items)), 'accepted')
    for (const [name, value, code] of cases) assert.equal(await codeOf(encode(value)), code, name)
    assert.equal(await codeOf(new Uint8Array([...bytes, 0])), 'malformed-cbor')
    assert.equal(await codeOf(new Uint8Array(0)), 'malformed-cbor')
  })

  test('order and addresses are looked at even where everybody signed for them', async () => {
    const signers = [testSigner(1, 'ES256'), testSigner(2)]
    const items = decode((await make([1, 2])).bytes) as Cbor[]
    /** The same genesis with these triples, signed anew by the keys in them: [address, key, signature] under 32 zero bytes and the hash of all but the signatures. */
    const signAnew = async (triples: Cbor[][]): Promise<Uint8Array> => {
      const unsigned = triples.map(([address, key]) => [address as Cbor, key as Cbor])
      const network = new Uint8Array([...new Uint8Array(32), ...portable.sha256(encode(items.with(7, unsigned)))])
      const authorities = await Promise.all(
        unsigned.map(async ([address, key]) => {
          const { material } = publicKeyFromCose(key)
          const signer = signers.find(({ publicKey }) => equalBytes(publicKey.material, material)) as Signer
          return [address as Cbor, key as Cbor, (await signStatement('key', network, keyFields(address as string, 'authority', 0, null), signer)).signature]
        }),
      )
      return encode(items.with(7, authorities))
    }
    const [one, two] = items[7] as [Cbor[], Cbor[]]
    assert.deepEqual(await signAnew([one, two]), encode(items))
    assert.equal(await codeOf(await signAnew([two])), 'accepted')
    assert.equal(await codeOf(await signAnew([two, one])), 'malformed-genesis')
    assert.equal(await codeOf(await signAnew([one, one])), 'malformed-genesis')
    assert.equal(await codeOf(await signAnew([one.with(0, testIdentity(99).address)])), 'malformed-genesis')
  })

  test('at most 128 authorities; more are refused before any of their keys is looked at', async () => {
    const { bytes } = await make([1])
    const items = decode(bytes) as Cbor[]
    const junk = Array.from({ length: 129 }, (_, i) => [testIdentity(1).address, publicKeyToCose({ algorithm: 'EdDSA', material: testBytes(`${i}`) }), new Uint8Array(64)])
    assert.equal(await codeOf(encode(items.with(7, junk.slice(0, 128)))), 'weak-key')
    assert.equal(await codeOf(encode(items.with(7, junk))), 'malformed-genesis')
  })
})
