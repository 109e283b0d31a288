import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex } from '../../src/bytes/hex.ts'
import { decodeSign1, encodeSign1, signatureInput } from '../../src/cose/sign1.ts'
import { decodeTransaction, signTransaction, transactionId, transactionSignatureInput } from '../../src/cose/transaction.ts'
import type { Statement, Transaction } from '../../src/cose/transaction.ts'
import { portable } from '../../src/crypto/primitives.ts'
import { isValidSignature } from '../../src/crypto/signature-validity.ts'
import { createSoftwareSigner } from '../../src/crypto/software-signer.ts'
import { Tagged } from '../../src/encoding/cbor.ts'
import type { Cbor } from '../../src/encoding/cbor.ts'
import { decode } from '../../src/encoding/reader.ts'
import { encode } from '../../src/encoding/writer.ts'
import { TRANSACTION_BYTES_MAX } from '../../src/limits.ts'
import { recordArgsToCbor } from '../../src/record/record.ts'
import type { RecordArgs } from '../../src/record/record.ts'
import { createMutator } from '../encoding/mutation.ts'
import { codeOf } from '../refusal.ts'

const NETWORK = new Uint8Array(16).fill(9)
const SECRET = new Uint8Array(32).fill(1)
const signer = createSoftwareSigner('EdDSA', SECRET, 0)
const ISS = `tt1${'q'.repeat(38)}`

const statement = (change: Partial<Statement> = {}): Statement => ({ network: NETWORK, iss: ISS, sub: 'odometer', call: 16, sequence: 5, args: [1, 'two', new Uint8Array(3)], ...change })

suite('transaction', () => {
  test('what was said is what is read', async () => {
    for (const algorithm of ['EdDSA', 'ES256', 'ES256K'] as const) {
      const own = createSoftwareSigner(algorithm, SECRET, 255)
      const bytes = await signTransaction(statement(), own)
      const read = decodeTransaction(bytes)
      assert.deepEqual({ ...read }, { ...statement(), algorithm, keyNumber: 255, signature: read.signature, bytes })
      assert.equal(read.signature.length, 64)
      assert.ok(await isValidSignature({ key: own.publicKey, message: transactionSignatureInput(read), signature: read.signature }, portable))
    }
  })

  test('the id is the hash of the generic Sig_structure; the signature is no part of it', async () => {
    const bytes = await signTransaction(statement(), signer)
    const read = decodeTransaction(bytes)
    const { protectedBytes, payload } = decodeSign1(bytes)
    const structure = encode(['Signature1', protectedBytes, new Uint8Array(0), payload])
    assert.equal(bytesToHex(transactionSignatureInput(read)), bytesToHex(structure))
    assert.equal(bytesToHex(transactionId(read, portable)), bytesToHex(portable.sha256(structure)))
    const resigned = encodeSign1({ ...decodeSign1(bytes), signature: new Uint8Array(64) })
    assert.equal(bytesToHex(transactionId(decodeTransaction(resigned), portable)), bytesToHex(portable.sha256(structure)))
  })

  test('the one-copy signature input is the generic one at every length of a head', () => {
    const lengths = [0, 1, 22, 23, 24, 25, 254, 255, 256, 257, 4_000, 16_384, 65_534, 65_535]
    for (const protectedLength of lengths) {
      for (const payloadLength of lengths) {
        const protectedBytes = new Uint8Array(protectedLength).fill(3)
        const payload = new Uint8Array(payloadLength).fill(5)
        const bytes = encodeSign1({ protectedBytes, unprotected: new Map(), payload, signature: new Uint8Array(64) })
        assert.deepEqual(transactionSignatureInput({ bytes } as Transaction), signatureInput(protectedBytes, payload), `${protectedLength}, ${payloadLength}`)
      }
    }
  })

  test('real transactions at the lengths where heads grow', async () => {
    const heads = new Set<string>()
    for (let length = 0; length < 300; length++) {
      for (const sub of ['a', 'a'.repeat(Math.min(length, 128)), 'ß'.repeat(Math.min(length, 64))]) {
        const bytes = await signTransaction(statement({ iss: '', sub, args: length < 3 ? [] : [new Uint8Array(length)] }), { ...signer, sign: () => new Uint8Array(length) })
        const read = decodeTransaction(bytes)
        const { protectedBytes, payload } = decodeSign1(bytes)
        heads.add(`protected ${headWidth(protectedBytes)}`).add(`payload ${headWidth(payload as Uint8Array)}`)
        assert.deepEqual(transactionSignatureInput(read), signatureInput(protectedBytes, payload as Uint8Array))
      }
    }
    assert.deepEqual([...heads].sort(), ['payload 1', 'payload 2', 'payload 3', 'protected 2'])
  })

  test('a transaction has at most 16,384 bytes', async () => {
    const padded = async (length: number): Promise<Uint8Array> => signTransaction(statement({ args: [new Uint8Array(length)] }), signer)
    const overhead = (await padded(10_000)).length - 10_000
    assert.ok(decodeTransaction(await padded(TRANSACTION_BYTES_MAX - overhead)))
    const tooLarge = await padded(TRANSACTION_BYTES_MAX - overhead + 1)
    assert.equal(tooLarge.length, TRANSACTION_BYTES_MAX + 1)
    assert.equal(codeOf(() => decodeTransaction(tooLarge)), 'transaction-too-large')
  })

  test('the envelope of a record: all but its body, signature included', async () => {
    const attachment = { sha256: new Uint8Array(32), length: 400 }
    const base = { previous: new Uint8Array(32).fill(1), boot: new Uint8Array(6), body: attachment, cites: null }
    const size = async (content: RecordArgs['content'], sequence: number): Promise<number> => (await signTransaction(statement({ sequence, args: recordArgsToCbor({ ...base, content }) }), signer)).length
    const clear = { clock: 0 as const, firstMs: 1_750_000_000_000, durationMs: 9_999, count: 256 }
    assert.deepEqual([await size({ kind: 'sealed', epoch: 0 }, 5), await size({ kind: 'open', clear }, 5)], [SEALED_BYTES, OPEN_BYTES])
    assert.deepEqual([await size({ kind: 'sealed', epoch: 0 }, 1_000), await size({ kind: 'open', clear }, 1_000)], [SEALED_BYTES + 2, OPEN_BYTES + 2])
    const largest = { clock: 0 as const, firstMs: 2 ** 48, durationMs: 2 ** 48, count: 16_384 }
    assert.deepEqual([await size({ kind: 'sealed', epoch: 2 ** 32 - 1 }, 2 ** 32 - 1), await size({ kind: 'open', clear: largest }, 2 ** 32 - 1)], [267, 285])
  })

  test('a key number above 255 is refused', async () => {
    await assert.rejects(signTransaction(statement(), { ...signer, keyNumber: 256 }), { code: 'too-many-keys' })
  })
})

/** With a stream name of 8 letters, a sequence below 24 and a body of 256 bytes or more. */
const SEALED_BYTES = 259
const OPEN_BYTES = 275

function headWidth(bytes: Uint8Array): number {
  return bytes.length < 24 ? 1 : bytes.length < 256 ? 2 : 3
}

suite('what is no transaction', () => {
  const header = (change: [number, Cbor | undefined][] = []): Map<number, Cbor> => {
    const map = new Map<number, Cbor>([[1, -8], [4, new Uint8Array([0])], [15, new Map<number, Cbor>([[1, ISS], [2, 'odometer']])], [16, 'application/x.tt-tx']])
    for (const [label, value] of change) {
      if (value === undefined) map.delete(label)
      else map.set(label, value)
    }
    return map
  }
  const payload = (change: (items: Cbor[]) => Cbor = (items) => items): Uint8Array => encode(change([1, NETWORK, 16, 5, []]))
  const message = (parts: { header?: Cbor; unprotected?: Cbor; payload?: Cbor; signature?: Cbor; protectedBytes?: Cbor }): Uint8Array =>
    encode(new Tagged([parts.protectedBytes ?? encode(parts.header ?? header()), parts.unprotected ?? new Map(), parts.payload === undefined ? payload() : parts.payload, parts.signature ?? new Uint8Array(64)]))
  const at = (index: number, value: Cbor) => (items: Cbor[]): Cbor => items.map((item, i) => (i === index ? value : item))
  const claims = (pairs: [number, Cbor][]): Map<number, Cbor> => header([[15, new Map<number, Cbor>(pairs)]])

  const refused: [string, Uint8Array, string][] = [
    ['no CBOR', new Uint8Array([0xff]), 'malformed-cbor'],
    ['no tag', encode([1, 2, 3, 4]), 'wrong-shape'],
    ['a tag around something else', encode(new Tagged('text')), 'wrong-shape'],
    ['three elements', encode(new Tagged([encode(header()), new Map(), payload()])), 'wrong-shape'],
    ['five elements', encode(new Tagged([encode(header()), new Map(), payload(), new Uint8Array(64), 0])), 'wrong-shape'],
    ['a protected header that is no byte string', message({ protectedBytes: header() }), 'wrong-shape'],
    ['an empty protected header', message({ protectedBytes: new Uint8Array(0) }), 'malformed-cbor'],
    ['a protected header that is no map', message({ header: [1] }), 'wrong-shape'],
    ['a protected header out of order', message({ protectedBytes: new Uint8Array([0xa2, 4, 0, 1, 0]) }), 'not-canonical'],
    ['an unprotected header', message({ unprotected: new Map<number, Cbor>([[4, new Uint8Array(1)]]) }), 'wrong-shape'],
    ['an unprotected header that is no map', message({ unprotected: 0 }), 'wrong-shape'],
    ['a detached payload', message({ payload: null }), 'wrong-shape'],
    ['a payload that is no byte string', message({ payload: [1] }), 'wrong-shape'],
    ['a signature that is no byte string', message({ signature: 'text' }), 'wrong-shape'],
    ['no algorithm', message({ header: header([[1, undefined]]) }), 'wrong-shape'],
    ['no kid', message({ header: header([[4, undefined]]) }), 'wrong-shape'],
    ['a kid of two bytes', message({ header: header([[4, new Uint8Array(2)]]) }), 'wrong-shape'],
    ['a kid of no bytes', message({ header: header([[4, new Uint8Array(0)]]) }), 'wrong-shape'],
    ['a kid that is a number', message({ header: header([[4, 0]]) }), 'wrong-shape'],
    ['no claims', message({ header: header([[15, undefined]]) }), 'wrong-shape'],
    ['a type of another statement', message({ header: header([[16, 'application/x.tt-key']]) }), 'wrong-shape'],
    ['critical labels', message({ header: header([[2, [16]]]) }), 'wrong-shape'],
    ['the label of receipts', message({ header: header([[395, 1]]) }), 'wrong-shape'],
    ['an algorithm by name', message({ header: header([[1, 'EdDSA']]) }), 'wrong-shape'],
    ['an algorithm that nobody knows', message({ header: header([[1, -9]]) }), 'unknown-algorithm'],
    ['a third claim', message({ header: claims([[1, ISS], [2, 'a'], [6, 0]]) }), 'wrong-shape'],
    ['no iss', message({ header: claims([[2, 'a'], [3, 'b']]) }), 'wrong-shape'],
    ['a long iss', message({ header: claims([[1, 'a'.repeat(65)], [2, 'b']]) }), 'wrong-shape'],
    ['a long sub', message({ header: claims([[1, ISS], [2, 'b'.repeat(129)]]) }), 'wrong-shape'],
    ['a payload of four', message({ payload: payload((items) => items.slice(0, 4)) }), 'wrong-shape'],
    ['a payload of six', message({ payload: payload((items) => [...items, 0]) }), 'wrong-shape'],
    ['version 2', message({ payload: payload(at(0, 2)) }), 'unknown-version'],
    ['version 2 with more in it', message({ payload: payload((items) => [2, ...items.slice(1), 0]) }), 'unknown-version'],
    ['a network of 32 bytes', message({ payload: payload(at(1, new Uint8Array(32))) }), 'wrong-shape'],
    ['a negative call', message({ payload: payload(at(2, -1)) }), 'wrong-shape'],
    ['a call above 65,535', message({ payload: payload(at(2, 65_536)) }), 'wrong-shape'],
    ['a negative sequence', message({ payload: payload(at(3, -1)) }), 'wrong-shape'],
    ['arguments that are no array', message({ payload: payload(at(4, new Map())) }), 'wrong-shape'],
    ['a payload with bytes behind it', message({ payload: new Uint8Array([...payload(), 0]) }), 'malformed-cbor'],
  ]
  for (const [name, bytes, code] of refused) {
    test(name, () => {
      assert.equal(codeOf(() => decodeTransaction(message({}))), 'accepted')
      assert.equal(codeOf(() => decodeTransaction(bytes)), code)
    })
  }

  test('20,000 damaged transactions: a coded refusal, or another transaction that reads back as its bytes', async () => {
    const inputs = await Promise.all([0, 1, 2].map((sequence) => signTransaction(statement({ sequence }), signer)))
    const mutate = createMutator(inputs, 3)
    const codes = new Set<string>()
    for (let i = 0; i < 20_000; i++) {
      const bytes = mutate()
      const code = codeOf(() => decodeTransaction(bytes))
      codes.add(code)
      if (code === 'accepted') assert.deepEqual(encode(decode(bytes)), bytes)
    }
    for (const code of ['accepted', 'wrong-shape', 'malformed-cbor', 'not-canonical', 'unknown-algorithm']) assert.ok(codes.has(code), code)
  })
})
