import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { TelltaleError, encode } from '@telltale/core'
import { createSeededRandom } from '@telltale/testing'
import { verifyCertificate } from '../src/verify/verifier.ts'
import { createWorld } from './forgeries/world.ts'
import type { World } from './forgeries/world.ts'
import { findBelieved } from './mutation/believed.ts'
import { oneBitEach, unnoticedFlips } from './mutation/flips.ts'

const seed = randomInt(2 ** 32)

describe(`a certificate with something changed (seed ${seed})`, () => {
  let world: World
  before(async () => {
    world = await createWorld()
  })

  it('is refused, whichever byte it is', async () => {
    const { bytes } = world.honest.lone
    assert.deepEqual(await unnoticedFlips('lone', [], world), [])
    assert.deepEqual(await unnoticedFlips('lone', oneBitEach(bytes.length, seed % 8), world), [])
  })

  it('is refused, whichever of some bytes of larger files it is', async () => {
    for (const base of ['whole', 'partial', 'anchored', 'clean'] as const) {
      const flips = [...oneBitEach(world.honest[base].bytes.length, seed % 8)].filter(({ at }) => at % 41 === seed % 41)
      assert.deepEqual(await unnoticedFlips(base, flips, world), [], base)
    }
  })

  it('says nothing that nobody said, whatever its parts are put together to', async () => {
    assert.equal(await findBelieved(300, createSeededRandom(seed), world), null)
  })
})

describe('bytes that are no certificate', () => {
  const code = async (bytes: Uint8Array): Promise<string> => {
    try {
      return (await verifyCertificate(bytes, { trust: {} }, world.primitives)).refusal?.code ?? 'believed'
    } catch (error) {
      if (error instanceof TelltaleError) return error.code
      throw error
    }
  }
  let world: World
  let head: Uint8Array
  before(async () => {
    world = await createWorld()
    head = world.honest.lone.bytes.subarray(0, 11)
  })
  const behind = (...rest: number[]): Uint8Array => new Uint8Array([...head, ...rest])

  it('are refused with a code, wherever a file is cut off', async () => {
    const { bytes } = world.honest.lone
    assert.equal(await code(bytes), 'believed')
    for (let length = 0; length < bytes.length; length++) assert.equal(await code(bytes.subarray(0, length)), length < 10 ? 'not-a-certificate' : 'malformed-cbor', `${length}`)
  })

  it('are refused with a code when they are noise, or noise behind the first bytes', async () => {
    const random = createSeededRandom(seed)
    for (let i = 0; i < 500; i++) {
      const noise = random.bytes(random.below(300))
      for (const bytes of [noise, new Uint8Array([...head, ...noise])]) assert.notEqual(await code(bytes), 'believed')
    }
  })

  it('are refused with a code when they nest, or tell lengths that there are not', async () => {
    assert.equal(await code(behind(...Array.from({ length: 100_000 }, () => 0x81))), 'too-deep')
    assert.equal(await code(behind(...Array.from({ length: 100_000 }, () => 0xa1))), 'too-deep')
    assert.equal(await code(behind(...Array.from({ length: 100_000 }, () => 0xd2))), 'too-deep')
    for (const kind of [0x5b, 0x7b, 0x9b, 0xbb]) {
      assert.equal(await code(behind(kind, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)), 'malformed-cbor')
      assert.equal(await code(behind(kind, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)), 'number-out-of-range')
    }
    assert.equal(await code(behind(0x9f)), 'malformed-cbor')
  })

  it('are refused with a code when they hold more items than any reader should keep', async () => {
    const items = new Uint8Array(5_000_000).fill(0x80)
    const list = encode(new Uint8Array(items.length)).subarray(0, 5)
    assert.equal(await code(new Uint8Array([...head, 0x9a, ...list.subarray(1), ...items])), 'too-many-items')
  })
})
