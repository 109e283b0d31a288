import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex } from '../../src/bytes/hex.ts'
import { signatureInput } from '../../src/cose/sign1.ts'
import { signStatement, statementCheck, statementHeader, statementPayload } from '../../src/cose/statement.ts'
import type { StatementType } from '../../src/cose/statement.ts'
import { portable } from '../../src/crypto/primitives.ts'
import { isValidSignature } from '../../src/crypto/signature-validity.ts'
import { createSoftwareSigner } from '../../src/crypto/software-signer.ts'
import type { Cbor } from '../../src/encoding/cbor.ts'
import { decode } from '../../src/encoding/reader.ts'

const NETWORK = new Uint8Array(32).fill(1)
const TYPES: StatementType[] = ['seal', 'key', 'consent', 'refusal', 'peer']
const FIELDS: Cbor[] = ['tt1abc', 'identity', 0]

suite('statements that are no transactions', () => {
  test('one shape: version, network and fields under a header that names the type', () => {
    assert.deepEqual(decode(statementPayload(NETWORK, FIELDS)), [1, NETWORK, ...FIELDS])
    for (const type of TYPES) {
      assert.deepEqual(decode(statementHeader(type, 'ES256K', 7)), new Map<number, Cbor>([[1, -47], [4, new Uint8Array([7])], [16, `application/x.tt-${type}`]]))
    }
  })

  test('holds for its type, network, fields, key and number, and for nothing else', async () => {
    const signer = createSoftwareSigner('EdDSA', new Uint8Array(32).fill(1), 3)
    const other = createSoftwareSigner('EdDSA', new Uint8Array(32).fill(2), 3)
    for (const type of TYPES) {
      const signed = await signStatement(type, NETWORK, FIELDS, signer)
      assert.equal(signed.keyNumber, 3)
      const holds = async (as: StatementType, network: Uint8Array, fields: Cbor[], key = signer.publicKey, number = 3): Promise<boolean> => isValidSignature(statementCheck(as, network, fields, key, { ...signed, keyNumber: number }), portable)
      assert.ok(await holds(type, NETWORK, FIELDS))
      for (const as of TYPES) if (as !== type) assert.ok(!(await holds(as, NETWORK, FIELDS)), `${type} as ${as}`)
      assert.ok(!(await holds(type, new Uint8Array(32), FIELDS)))
      assert.ok(!(await holds(type, NETWORK, ['tt1abc', 'identity', 1])))
      assert.ok(!(await holds(type, NETWORK, FIELDS.slice(0, 2))))
      assert.ok(!(await holds(type, NETWORK, FIELDS, other.publicKey)))
      assert.ok(!(await holds(type, NETWORK, FIELDS, signer.publicKey, 2)))
    }
  })

  test('the signed bytes are a Sig_structure with an empty external_aad (RFC 9052, 4.4)', () => {
    assert.equal(bytesToHex(signatureInput(new Uint8Array([0xa0]), new Uint8Array([0x80]))), '846a5369676e61747572653141a0404180')
  })
})
