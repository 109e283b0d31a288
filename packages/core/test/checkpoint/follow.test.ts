import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { AuthoritySet } from '../../src/checkpoint/authority-set.ts'
import { decodeLinks, encodeLinks, followLinks } from '../../src/checkpoint/follow.ts'
import type { Link } from '../../src/checkpoint/link.ts'
import { portable } from '../../src/crypto/primitives.ts'
import { TelltaleError } from '../../src/errors.ts'
import { codeOf } from '../refusal.ts'
import { checkpointOf, cosigner, setOf, signaturesBy } from './authorities.ts'
import type { Cosigner } from './authorities.ts'

const [A, B, C, D, E, F] = [1, 2, 3, 4, 5, 6].map((n) => cosigner(n)) as [Cosigner, Cosigner, Cosigner, Cosigner, Cosigner, Cosigner]
const NETWORK = checkpointOf([]).network

/** From `before` to `own`, signed by all of both. */
async function turn(before: Cosigner[], own: Cosigner[], height: number, network = NETWORK): Promise<Link> {
  const set = setOf(own)
  const checkpoint = checkpointOf(set, { height, size: 2 * height, network })
  const leavers = before.filter((one) => !own.includes(one))
  return { checkpoint, set, signatures: await signaturesBy(own, set, checkpoint), leavers: await signaturesBy(leavers, setOf(before), checkpoint) }
}

async function codeOfFollowing(links: Link[], trusted: AuthoritySet = setOf([A, B, C, D]), network = NETWORK): Promise<string> {
  try {
    await followLinks(trusted, links, network, portable)
  } catch (error) {
    assert.ok(error instanceof TelltaleError, String(error))
    return error.code
  }
  return 'accepted'
}

suite('following several links', () => {
  test('leads from set to set, and nowhere where one is forged, left out or out of order', async () => {
    const [first, second, third] = [await turn([A, B, C, D], [B, C, D, E], 10), await turn([B, C, D, E], [C, D, E, F], 20), await turn([C, D, E, F], [E, F], 30)]
    assert.deepEqual(await followLinks(setOf([A, B, C, D]), [first, second, third], NETWORK, portable), setOf([E, F]))
    assert.deepEqual(await followLinks(setOf([A, B, C, D]), [], NETWORK, portable), setOf([A, B, C, D]))
    assert.equal(await codeOfFollowing([third]), 'no-quorum')
    assert.equal(await codeOfFollowing([third, first]), 'no-quorum')
    assert.equal(await codeOfFollowing([first, second, first]), 'links-out-of-order')
    assert.equal(await codeOfFollowing([first, await turn([B, C, D, E], [C, D, E, F], 10)]), 'links-out-of-order')
    assert.equal(await codeOfFollowing([first], undefined, new Uint8Array(32)), 'other-network')
    assert.equal(await codeOfFollowing([await turn([A, B, C, D], [B, C, D, E], 10, new Uint8Array(32))]), 'other-network')
    const bent = structuredClone(first)
    bent.leavers[0]!.signature[3]! ^= 1
    assert.equal(await codeOfFollowing([bent]), 'invalid-cosignature')
    assert.equal(await codeOfFollowing([{ ...first, set: setOf([B, C, D, F]) }]), 'set-mismatch')
  })

  test('reads back, up to a limit', async () => {
    const links = [await turn([A, B, C, D], [B, C, D, E], 10)]
    assert.deepEqual(decodeLinks(encodeLinks(links)), links)
    assert.equal(codeOf(() => decodeLinks(encodeLinks(links).subarray(0, -1))), 'malformed-cbor')
    assert.equal(codeOf(() => decodeLinks(encodeLinks(Array.from({ length: 1025 }, () => links[0]!)))), 'wrong-shape')
  })
})
