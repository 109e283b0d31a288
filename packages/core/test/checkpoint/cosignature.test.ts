import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex } from '../../src/bytes/hex.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../../src/checkpoint/checkpoint.ts'
import { cosign, cosignatureCheck, decodeReceipt, encodeCosignature, encodeReceipt } from '../../src/checkpoint/cosignature.ts'
import { decodeSign1, encodeSign1, signatureInput } from '../../src/cose/sign1.ts'
import { portable } from '../../src/crypto/primitives.ts'
import { isValidSignature } from '../../src/crypto/signature-validity.ts'
import type { Cbor, CborMap } from '../../src/encoding/cbor.ts'
import { decode } from '../../src/encoding/reader.ts'
import { encode } from '../../src/encoding/writer.ts'
import { leafHash } from '../../src/merkle/log-hash.ts'
import { inclusionProof, rangeRoot, subtreesOfLeaves } from '../../src/merkle/log-tree.ts'
import { rootFromInclusion } from '../../src/merkle/log-verify.ts'
import { createMutator } from '../encoding/mutation.ts'
import { codeOf } from '../refusal.ts'
import { checkpointOf, cosigner, setOf } from './authorities.ts'

const { sha256 } = portable
const LEAVES = Array.from({ length: 11 }, (_, i) => leafHash(new Uint8Array([i]), sha256))
const subtree = subtreesOfLeaves(LEAVES, sha256)

suite('checkpoint', () => {
  test('reads back, and has 148 bytes once height and size exceed 65,535', () => {
    const checkpoint = checkpointOf(setOf([cosigner(1)]), { height: 65_536, size: 5_000_000 })
    const bytes = encodeCheckpoint(checkpoint)
    assert.deepEqual(decodeCheckpoint(bytes), checkpoint)
    assert.equal(bytes.length, 148)
  })

  test('another form is refused', () => {
    const items = decode(encodeCheckpoint(checkpointOf(setOf([cosigner(1)])))) as Cbor[]
    assert.equal(codeOf(() => decodeCheckpoint(encode(items))), 'accepted')
    const wrong: [number, Cbor][] = [[1, new Uint8Array(16)], [2, -1], [2, null], [3, 'many'], [4, new Uint8Array(31)], [5, null], [6, new Uint8Array(33)]]
    assert.equal(codeOf(() => decodeCheckpoint(encode([2, ...items.slice(1), 0]))), 'unknown-version')
    for (const [index, value] of wrong) assert.equal(codeOf(() => decodeCheckpoint(encode(items.with(index, value)))), 'wrong-shape')
    assert.equal(codeOf(() => decodeCheckpoint(encode(items.slice(0, -1)))), 'wrong-shape')
    assert.equal(codeOf(() => decodeCheckpoint(encode([...items, 0]))), 'wrong-shape')
  })
})

suite('cosignature', () => {
  test('holds for exactly this checkpoint, clock, address and key', async () => {
    for (const algorithm of ['EdDSA', 'ES256', 'ES256K'] as const) {
      const own = cosigner(1, 0, algorithm)
      const checkpoint = checkpointOf(setOf([own]))
      const signed = await cosign(checkpoint, own.address, 1_000, own.signer)
      const holds = async (change: object, authority: object = {}, clock = 1_000): Promise<boolean> => isValidSignature(cosignatureCheck({ ...checkpoint, ...change }, { ...own, ...authority }, { ...signed, issuedAtSeconds: clock }), portable)
      assert.ok(await holds({}))
      for (const change of [{ height: 1_001 }, { size: 4_999 }, { network: new Uint8Array(32) }, { logRoot: new Uint8Array(32) }, { stateRoot: new Uint8Array(32) }, { setHash: new Uint8Array(32) }]) assert.ok(!(await holds(change)), JSON.stringify(change))
      assert.ok(!(await holds({}, { address: cosigner(2).address })))
      assert.ok(!(await holds({}, { keyNumber: 1 })))
      assert.ok(!(await holds({}, {}, 999)))
    }
  })

  test('its COSE_Sign1 has the header of RFC 9942, a private label for the rest, and no payload', async () => {
    const own = cosigner(1)
    const checkpoint = checkpointOf(setOf([own]))
    const message = decodeSign1(encodeCosignature(checkpoint, 'EdDSA', await cosign(checkpoint, own.address, 1_000, own.signer)))
    assert.equal(message.payload, null)
    assert.equal(message.unprotected.size, 0)
    assert.deepEqual([...message.protectedHeader.keys()], [1, 4, 15, 395, -65_537])
    assert.deepEqual(message.protectedHeader.get(15), new Map<number, Cbor>([[1, own.address], [2, `tt:${'01'.repeat(32)}`], [6, 1_000]]))
    assert.equal(message.protectedHeader.get(395), 1)
    assert.deepEqual(message.protectedHeader.get(-65_537), [1, 1_000, 5_000, checkpoint.stateRoot, checkpoint.setHash])
    assert.ok(await isValidSignature({ key: own.key, message: signatureInput(message.protectedBytes, checkpoint.logRoot), signature: message.signature }, portable))
  })
})

suite('receipt', () => {
  const own = cosigner(1)
  const checkpoint = checkpointOf(setOf([own]), { size: LEAVES.length, logRoot: rangeRoot(0, LEAVES.length, subtree, sha256) })
  const receiptOf = async (index: number): Promise<Uint8Array> => encodeReceipt(checkpoint, 'EdDSA', await cosign(checkpoint, own.address, 1_000, own.signer), index, inclusionProof(index, LEAVES.length, subtree, sha256))

  test('says what was signed, and its path leads to the root that was signed', async () => {
    for (let index = 0; index < LEAVES.length; index++) {
      const receipt = decodeReceipt(await receiptOf(index))
      const { network, height, size, stateRoot, setHash, algorithm, cosignature } = receipt
      assert.equal(algorithm, own.key.algorithm)
      const logRoot = rootFromInclusion(LEAVES[index] as Uint8Array, receipt.index, size, receipt.path, sha256) as Uint8Array
      assert.equal(bytesToHex(logRoot), bytesToHex(checkpoint.logRoot))
      assert.deepEqual({ network, height, size, logRoot, stateRoot, setHash }, checkpoint)
      assert.ok(await isValidSignature(cosignatureCheck({ network, height, size, logRoot, stateRoot, setHash }, own, cosignature), portable))
    }
  })

  test('whatever does not belong into a receipt is refused', async () => {
    const bytes = await receiptOf(3)
    const { protectedHeader, unprotected, payload, signature } = decodeSign1(bytes)
    const proofs = unprotected.get(396) as CborMap
    const [proof] = proofs.get(-1) as [Uint8Array]
    const [size, index, path] = decode(proof) as [number, number, Uint8Array[]]
    const claims = protectedHeader.get(15) as CborMap
    const state = protectedHeader.get(-65_537) as Cbor[]
    const make = (header: [number, Cbor][] = [], outside: Cbor = unprotected, content: Uint8Array | null = payload): Uint8Array =>
      encodeSign1({ protectedBytes: encode(new Map([...protectedHeader, ...header])), unprotected: outside as CborMap, payload: content, signature })
    const withProof = (item: Cbor): Uint8Array => make([], new Map([[396, new Map([[-1, [encode(item)]]])]]))
    assert.equal(codeOf(() => decodeReceipt(make())), 'accepted')
    assert.equal(codeOf(() => decodeReceipt(withProof([size, index, path]))), 'accepted')
    const wrong: [string, Uint8Array][] = [
      ['a label more', make([[2, [395]]])],
      ['a content type', make([[16, 'application/x.tt-tx']])],
      ['another data structure', make([[395, 2]])],
      ['a claim more', make([[15, new Map([...claims, [4, 0]])]])],
      ['no claims', make([[15, 0]])],
      ['a network in upper case', make([[15, new Map([...claims, [2, `tt:${'AB'.repeat(32)}`]])]])],
      ['a network of 16 bytes', make([[15, new Map([...claims, [2, `tt:${'01'.repeat(16)}`]])]])],
      ['a clock beyond the year 9999', make([[15, new Map([...claims, [6, 253_402_300_800]])]])],
      ['a clock below zero', make([[15, new Map([...claims, [6, -1]])]])],
      ['version 2', make([[-65_537, state.with(0, 2)]])],
      ['an algorithm by name', make([[1, 'EdDSA']])],
      ['a state root of 31 bytes', make([[-65_537, state.with(3, new Uint8Array(31))]])],
      ['a kid of two bytes', make([[4, new Uint8Array(2)]])],
      ['an attached payload', make([], unprotected, checkpoint.logRoot)],
      ['another unprotected label', make([], new Map([...unprotected, [4, 0]]))],
      ['a consistency proof as well', make([], new Map([[396, new Map([...proofs, [-2, [proof]]])]]))],
      ['two inclusion proofs', make([], new Map([[396, new Map([[-1, [proof, proof]]])]]))],
      ['no proof', make([], new Map())],
      ['a proof for another size', withProof([size + 1, index, path])],
      ['a proof of four', withProof([size, index, path, 0])],
      ['a hash of 31 bytes', withProof([size, index, [new Uint8Array(31)]])],
      ['an index below zero', withProof([size, -1, path])],
    ]
    for (const [name, message] of wrong) assert.equal(codeOf(() => decodeReceipt(message)), 'wrong-shape', name)
  })

  test('10,000 damaged receipts: refused with a code, or the authority named in it did not sign it', async () => {
    const honest = await receiptOf(6)
    const mutate = createMutator([honest], 5)
    let read = 0
    for (let i = 0; i < 10_000; i++) {
      const bytes = mutate()
      if (codeOf(() => decodeReceipt(bytes)) !== 'accepted' || bytesToHex(bytes) === bytesToHex(honest)) continue
      read += 1
      const { index, path, algorithm, cosignature, ...rest } = decodeReceipt(bytes)
      const logRoot = rootFromInclusion(LEAVES[6] as Uint8Array, index, rest.size, path, sha256)
      const isOwn = cosignature.address === own.address && cosignature.keyNumber === 0 && algorithm === own.key.algorithm
      assert.ok(!isOwn || !logRoot || !(await isValidSignature(cosignatureCheck({ ...rest, logRoot }, own, cosignature), portable)), bytesToHex(bytes))
    }
    assert.ok(read > 50, String(read))
  })
})
