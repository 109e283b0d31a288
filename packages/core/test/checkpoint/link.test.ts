import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bech32m } from '@scure/base'
import { faultsTolerated, isQuorum, isSameAuthority, setFromCbor, setHash, setToCbor, sortSet } from '../../src/checkpoint/authority-set.ts'
import { followLink, linkFromCbor, linkToCbor } from '../../src/checkpoint/link.ts'
import type { Link } from '../../src/checkpoint/link.ts'
import { portable } from '../../src/crypto/primitives.ts'
import { isValidSignature } from '../../src/crypto/signature-validity.ts'
import type { Cbor } from '../../src/encoding/cbor.ts'
import { decode } from '../../src/encoding/reader.ts'
import { encode } from '../../src/encoding/writer.ts'
import { codeOf } from '../refusal.ts'
import { checkpointOf, cosigner, linkBy, setOf, signaturesBy } from './authorities.ts'
import type { Cosigner } from './authorities.ts'

const ALL = [1, 2, 3, 4, 5, 6, 7].map((n) => cosigner(n)).sort((a, b) => (a.address < b.address ? -1 : 1))
const [A, B, C, D, E, F, G] = ALL as [Cosigner, Cosigner, Cosigner, Cosigner, Cosigner, Cosigner, Cosigner]
const FOUR = [A, B, C, D]

suite('set of authorities', () => {
  test('stands in ascending order of address, each once, and reads back', () => {
    const set = setOf([C, A, D, B])
    assert.deepEqual(set.map(({ address }) => address), FOUR.map(({ address }) => address))
    assert.deepEqual(setFromCbor(decode(encode(setToCbor(set)))), set)
    assert.deepEqual(sortSet([...set].reverse()), set)
  })

  test('another order, a doubled address, another form or a weak key is refused', () => {
    const cbor = setToCbor(setOf(FOUR)) as [Cbor[], Cbor[], Cbor[], Cbor[]]
    const read = (items: Cbor): string => codeOf(() => setFromCbor(items))
    assert.equal(read(cbor), 'accepted')
    assert.equal(read([]), 'wrong-shape')
    assert.equal(read([cbor[1], cbor[0]]), 'wrong-shape')
    assert.equal(read([cbor[0], cbor[0]]), 'wrong-shape')
    assert.equal(read([cbor[0], cbor[0].with(1, 1)]), 'wrong-shape')
    assert.equal(read([[...cbor[0], 0]]), 'wrong-shape')
    assert.equal(read([[A.address, 256, cbor[0][2] as Cbor]]), 'wrong-shape')
    assert.equal(read([['tt1', 0, cbor[0][2] as Cbor]]), 'malformed-address')
    assert.equal(read([[A.address.toUpperCase(), 0, cbor[0][2] as Cbor]]), 'malformed-address')
    const identity = new Uint8Array(32)
    identity[0] = 1
    assert.equal(read([[A.address, 0, new Map<number, Cbor>([[1, 1], [3, -8], [-1, 6], [-2, identity]])]]), 'weak-key')
  })

  test('at most 128 authorities', () => {
    const many = Array.from({ length: 129 }, (_, i) => ({ ...A, address: bech32m.encode('tt', bech32m.toWords(new Uint8Array(20).fill(i))) }))
    assert.equal(codeOf(() => setFromCbor(setToCbor(setOf(many.slice(0, 128))))), 'accepted')
    assert.equal(codeOf(() => setFromCbor(setToCbor(setOf(many)))), 'wrong-shape')
  })

  test('the hash covers address, number and key', () => {
    const base = setHash(setOf(FOUR), portable)
    const others = [setOf([A, B, C]), setOf([A, B, C, E]), setOf([{ ...A, keyNumber: 1 }, B, C, D]), setOf([{ ...A, key: E.key }, B, C, D]), setOf([{ ...A, address: '' }, B, C, D])]
    for (const other of others) assert.notDeepEqual(setHash(other, portable), base)
    assert.deepEqual(setHash(setOf([D, C, B, A]), portable), base)
  })

  test('an authority is the same only with address, number, algorithm and key', () => {
    assert.ok(isSameAuthority(A, { ...A }))
    for (const other of [{ ...A, address: B.address }, { ...A, keyNumber: 1 }, { ...A, key: B.key }, { ...A, key: { ...A.key, algorithm: 'ES256' as const } }]) assert.ok(!isSameAuthority(A, other))
  })

  test('a quorum is more than two thirds', () => {
    const least = [1, 2, 3, 3, 4, 5, 5, 6, 7, 7]
    for (const [i, needed] of least.entries()) {
      assert.ok(isQuorum(needed, i + 1) && !isQuorum(needed - 1, i + 1), `${needed} of ${i + 1}`)
      // Two quorums always share more than those who may lie.
      assert.ok(2 * needed - (i + 1) > faultsTolerated(i + 1))
    }
    assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 10].map(faultsTolerated), [0, 0, 0, 1, 1, 1, 2, 3])
  })
})

const accept = (trusted: Cosigner[], link: Link): string => codeOf(() => followLink(setOf(trusted), link, portable))

suite('following a link', () => {
  test('the same set: three of four are enough, two are not', async () => {
    const link = await linkBy(FOUR, [A, B, D], FOUR, [], false)
    const step = followLink(setOf(FOUR), link, portable)
    assert.equal(step.signers, 3)
    assert.deepEqual(step.set, setOf(FOUR))
    assert.equal(step.checks.length, 3)
    for (const check of step.checks) assert.ok(await isValidSignature(check, portable))
    assert.equal(accept(FOUR, await linkBy(FOUR, [A, D], FOUR, [], false)), 'no-quorum')
    assert.equal(accept(FOUR, await linkBy(FOUR, [], FOUR, [], false)), 'no-quorum')
  })

  test('with fewer than four, more than two thirds is everybody', async () => {
    for (const set of [[A], [A, B], [A, B, C]]) {
      assert.equal(accept(set, await linkBy(set, set, set, [], false)), 'accepted')
      assert.equal(accept(set, await linkBy(set, set.slice(1), set, [], false)), 'no-quorum')
    }
  })

  test('somebody joins: known members still have to be more than two thirds of those who were trusted', async () => {
    const five = [...FOUR, E]
    assert.equal(accept(FOUR, await linkBy(five, [A, B, C, E], FOUR, [], true)), 'accepted')
    assert.equal(accept(FOUR, await linkBy(five, [A, B, E], FOUR, [], true)), 'no-quorum')
    assert.equal(accept([A, B, C], await linkBy(FOUR, [A, B, D], [A, B, C], [], true)), 'no-quorum')
    assert.equal(accept([A, B, C], await linkBy(FOUR, FOUR, [A, B, C], [], true)), 'accepted')
  })

  test('somebody leaves: the leaver counts for the set before, not for the new one', async () => {
    const three = [A, B, C]
    assert.equal(accept(FOUR, await linkBy(three, three, FOUR, [], true)), 'accepted')
    assert.equal(accept([A, B], await linkBy([A], [A], [A, B], [B], true)), 'accepted')
    assert.equal(accept([A, B], await linkBy([A], [A], [A, B], [], true)), 'no-quorum')
    assert.equal(accept(FOUR, await linkBy(three, [A, B], FOUR, [D], true)), 'no-quorum')
  })

  test('a rotated key is a leaver and a newcomer in one', async () => {
    const one = cosigner(1)
    const two = cosigner(1, 1)
    assert.equal(one.address, two.address)
    assert.equal(accept([one], await linkBy([two], [two], [one], [one], true)), 'accepted')
    assert.equal(accept([one], await linkBy([two], [two], [one], [], true)), 'no-quorum')
    assert.equal(accept([one], await linkBy([two], [], [one], [one], true)), 'no-quorum')
  })

  test('links can be skipped as long as enough of the trusted set still signs', async () => {
    assert.equal(accept(FOUR, await linkBy([B, C, D, E, F], [B, C, D, E], FOUR, [], true)), 'accepted')
    assert.equal(accept(FOUR, await linkBy([C, D, E, F, G], [C, D, E, F, G], FOUR, [], true)), 'no-quorum')
    assert.equal(accept(FOUR, await linkBy([C, D, E, F, G], [C, D, E, F, G], FOUR, [B], true)), 'accepted')
  })

  test('two strangers who hold an authority with another key or number count for nothing before', async () => {
    const impostor = { ...E, address: A.address }
    assert.equal(accept(FOUR, await linkBy([impostor, B, C], [impostor, B, C], FOUR, [], true)), 'no-quorum')
    assert.equal(accept(FOUR, await linkBy([{ ...A, keyNumber: 1 }, B, C], [A, B, C], FOUR, [], true)), 'no-quorum')
  })

  test('a set that the checkpoint does not commit to is refused', async () => {
    const honest = await linkBy([A, B, C], [A, B, C], FOUR, [D], true)
    assert.equal(accept(FOUR, honest), 'accepted')
    assert.equal(accept(FOUR, { ...honest, set: setOf([A, B, D]) }), 'set-mismatch')
    assert.equal(accept(FOUR, { ...honest, set: null }), 'set-mismatch')
    assert.equal(accept(FOUR, { ...honest, checkpoint: { ...honest.checkpoint, setHash: new Uint8Array(32) } }), 'set-mismatch')
  })

  test('surplus is refused: a set that did not change, and somebody who stays among the leavers', async () => {
    const same = await linkBy(FOUR, FOUR, FOUR, [], false)
    assert.equal(accept(FOUR, same), 'accepted')
    assert.equal(accept(FOUR, { ...same, set: setOf(FOUR) }), 'surplus')
    assert.equal(accept(FOUR, { ...same, leavers: same.signatures.slice(0, 1) }), 'surplus')
  })

  test('positions outside of a set are refused', async () => {
    const link = await linkBy([A, B, C], [A, B, C], FOUR, [D], true)
    assert.equal(accept(FOUR, link), 'accepted')
    assert.equal(accept(FOUR, { ...link, signatures: [...link.signatures, { ...link.signatures[0]!, position: 3 }] }), 'unknown-authority')
    assert.equal(accept(FOUR, { ...link, leavers: [{ ...link.leavers[0]!, position: 4 }] }), 'unknown-authority')
  })

  test('the time is the (f + 1)-th smallest clock: one liar of four moves it by one place only', async () => {
    const seven = ALL
    const set = setOf(seven)
    const checkpoint = checkpointOf(set)
    const signatures = await signaturesBy(seven, set, checkpoint)
    const timeOf = (clocks: number[]): number => followLink(set, { checkpoint, set: null, leavers: [], signatures: signatures.map((signed, i) => ({ ...signed, issuedAtSeconds: clocks[i] as number })) }, portable).timeSeconds
    assert.equal(timeOf([10, 11, 12, 13, 14, 15, 16]), 12)
    assert.equal(timeOf([16, 15, 14, 13, 12, 11, 10]), 12)
    assert.equal(timeOf([0, 0, 12, 13, 14, 15, 16]), 12)
    assert.equal(timeOf([10, 11, 12, 13, 14, 9_999, 9_999]), 12)
  })
})

suite('a link in a file', () => {
  test('reads back', async () => {
    for (const isNew of [true, false]) {
      const link = isNew ? await linkBy([A, B, C], [A, C], FOUR, [D], true) : await linkBy(FOUR, FOUR, FOUR, [], false)
      assert.deepEqual(linkFromCbor(decode(encode(linkToCbor(link)))), link)
    }
  })

  test('nobody is counted twice: positions have to ascend', async () => {
    const link = await linkBy([A, B, C], [A, B, C], FOUR, [D], true)
    const read = (change: Partial<Link>): string => codeOf(() => linkFromCbor(linkToCbor({ ...link, ...change })))
    const [one, two, three] = link.signatures as [Link['signatures'][0], Link['signatures'][0], Link['signatures'][0]]
    assert.equal(read({}), 'accepted')
    assert.equal(read({ signatures: [one, one, two] }), 'unsorted')
    assert.equal(read({ signatures: [two, one, three] }), 'unsorted')
    assert.equal(read({ leavers: [one, one] }), 'unsorted')
    assert.equal(read({ signatures: [{ ...one, position: 128 }] }), 'wrong-shape')
    assert.equal(read({ signatures: [{ ...one, position: -1 }] }), 'wrong-shape')
    assert.equal(read({ signatures: [{ ...one, issuedAtSeconds: -1 }] }), 'wrong-shape')
    assert.equal(codeOf(() => linkFromCbor([...linkToCbor(link), 0])), 'wrong-shape')
    assert.equal(codeOf(() => linkFromCbor(null)), 'wrong-shape')
  })

  test('with four authorities: 361 bytes with three signatures, 851 with a new set, four and a leaver', async () => {
    const unchanged = encode(linkToCbor(await linkBy(FOUR, [A, B, C], FOUR, [], false))).length
    const changed = encode(linkToCbor(await linkBy([A, B, C, E], [A, B, C, E], FOUR, [D], true))).length
    assert.deepEqual([unchanged, changed], [361, 851])
  })
})
