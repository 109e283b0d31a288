import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'

describe('hexadecimal', () => {
  it('is the same with what the engine has for it and without', () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const text = Buffer.from(all).toString('hex')
    for (const bytes of [all, all.subarray(7, 250), Buffer.from(all), new Uint8Array(0)]) {
      const expected = text.slice(2 * (bytes[0] ?? 0), 2 * (bytes[0] ?? 0) + 2 * bytes.length)
      const bare = bytes.slice()
      assert.equal(bytesToHex(bytes), expected)
      assert.equal(bytesToHex(Object.defineProperty(bare, 'toHex', { value: undefined })), expected)
      assert.deepEqual(hexToBytes(expected), new Uint8Array(bytes))
    }
  })
})
