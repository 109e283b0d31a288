import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Authority } from '../../src/checkpoint/authority-set.ts'
import { decodeRefusal, isRefusalBy, signRefusal } from '../../src/cose/refusal.ts'
import type { Refusal } from '../../src/cose/refusal.ts'
import { decodeSign1, encodeSign1 } from '../../src/cose/sign1.ts'
import { signStatement, statementHeader, statementPayload } from '../../src/cose/statement.ts'
import { portable } from '../../src/crypto/primitives.ts'
import { createSoftwareSigner } from '../../src/crypto/software-signer.ts'
import type { Signer } from '../../src/crypto/signer.ts'
import { keyToAddress } from '../../src/address.ts'
import { codeOf } from '../refusal.ts'

const NETWORK = new Uint8Array(32).fill(1)
const SIGNER = createSoftwareSigner('EdDSA', new Uint8Array(32).fill(2), 0)
function authority(signer: Signer): Authority {
  return { address: keyToAddress(signer.publicKey, portable), keyNumber: signer.keyNumber, key: signer.publicKey }
}

const REFUSAL: Refusal = { authority: authority(SIGNER).address, id: new Uint8Array(32).fill(3), code: 'sequence-taken', isPermanent: true, expected: '4', found: null, size: 17, timeMs: 1_700_000_000_000 }

suite('refusal', () => {
  test('says what was signed', async () => {
    const bytes = await signRefusal(NETWORK, REFUSAL, SIGNER)
    assert.deepEqual(decodeRefusal(bytes), { ...REFUSAL, network: NETWORK })
    assert.equal(await isRefusalBy(bytes, NETWORK, [authority(SIGNER)], portable), true)
  })

  test('counts only from an authority, for this network, unchanged', async () => {
    const bytes = await signRefusal(NETWORK, REFUSAL, SIGNER)
    const others = [createSoftwareSigner('EdDSA', new Uint8Array(32).fill(4), 0), createSoftwareSigner('ES256', new Uint8Array(32).fill(2), 0)]
    assert.equal(await isRefusalBy(bytes, NETWORK, others.map(authority), portable), false)
    assert.equal(await isRefusalBy(bytes, NETWORK, [...others, SIGNER].map(authority), portable), true, 'one of several')
    const renamed = { ...REFUSAL, authority: authority(others[0] as Signer).address }
    assert.equal(await isRefusalBy(await signRefusal(NETWORK, renamed, SIGNER), NETWORK, [...others, SIGNER].map(authority), portable), false, 'in the name of another')
    assert.equal(await isRefusalBy(bytes, NETWORK, [{ ...authority(SIGNER), keyNumber: 1 }], portable), false, 'under another key number')
    assert.equal(await isRefusalBy(bytes, new Uint8Array(32), [authority(SIGNER)], portable), false)
    const { protectedBytes, unprotected, signature } = decodeSign1(bytes)
    const payload = statementPayload(NETWORK, [REFUSAL.authority, REFUSAL.id, 'gap', true, '4', null, 17, REFUSAL.timeMs])
    assert.equal(await isRefusalBy(encodeSign1({ protectedBytes, unprotected, payload, signature }), NETWORK, [authority(SIGNER)], portable), false)
  })

  test('a statement of another type is none', async () => {
    const fields = [REFUSAL.authority, REFUSAL.id, REFUSAL.code, true, '4', null, 17, REFUSAL.timeMs]
    const { signature } = await signStatement('consent', NETWORK, fields, SIGNER)
    const as = (type: 'refusal' | 'consent'): Uint8Array => encodeSign1({ protectedBytes: statementHeader(type, 'EdDSA', 0), unprotected: new Map(), payload: statementPayload(NETWORK, fields), signature })
    assert.equal(codeOf(() => decodeRefusal(as('consent'))), 'wrong-shape')
    assert.equal(codeOf(() => decodeRefusal(as('refusal'))), 'accepted')
    assert.equal(await isRefusalBy(as('refusal'), NETWORK, [authority(SIGNER)], portable), false)
  })

  test('long facts are cut, so that every refusal can be read again', async () => {
    const bytes = await signRefusal(NETWORK, { ...REFUSAL, expected: 'x'.repeat(5000) }, SIGNER)
    assert.equal(decodeRefusal(bytes).expected?.length, 512)
    const wide = await signRefusal(NETWORK, { ...REFUSAL, expected: '\u{1F697}'.repeat(200) }, SIGNER)
    assert.equal(decodeRefusal(wide).expected, '\u{1F697}'.repeat(128), 'bytes are counted, and no character is cut in half')
  })
})
