import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, suite, test } from 'node:test'
import { bytesToHex, isValidSignature, keyToAddress, portable, TelltaleError, x25519PublicKey } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import type { KeyFileContent } from '../../src/keys/key-file-format.ts'
import { keyFileToSigner, readKeyFile, writeKeyFile } from '../../src/keys/key-file.ts'
import { generateSecret, publicKeyOfSecret } from '../../src/keys/node-signer.ts'

const PASSWORD = 'correct horse battery staple'
const refusedWith = (code: string) => (error: unknown) => error instanceof TelltaleError && error.code === code

async function signingKey(algorithm: Algorithm): Promise<KeyFileContent> {
  const secret = await generateSecret(algorithm)
  const publicKey = publicKeyOfSecret(algorithm, secret)
  return { kind: 'signing', algorithm, address: keyToAddress(publicKey, portable), keyNumber: 2, publicKey: publicKey.material, secret }
}

function sealKey(): KeyFileContent {
  const secret = new Uint8Array(32).fill(9)
  return { kind: 'seal', algorithm: 'X25519', address: null, keyNumber: 0, publicKey: x25519PublicKey(secret), secret }
}

suite('key file', () => {
  let folder = ''
  let count = 0
  let path = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'telltale-keys-'))
  })
  after(() => rm(folder, { recursive: true }))
  beforeEach(() => {
    path = join(folder, `${count++}.key`)
  })

  for (const algorithm of ['EdDSA', 'ES256', 'ES256K', 'RS256'] as const) {
    for (const password of [undefined, PASSWORD]) {
      test(`${algorithm}: what was written is read and signs, ${password === undefined ? 'open' : 'with a password'}`, async () => {
        const content = await signingKey(algorithm)
        const options = password === undefined ? {} : { password }
        await writeKeyFile(path, content, options)
        const { content: read, warning } = await readKeyFile(path, options)
        assert.deepEqual(read, content)
        assert.equal(warning, null)
        assert.equal((await readFile(path, 'utf8')).includes(bytesToHex(content.secret)), password === undefined)
        const signer = keyFileToSigner(read)
        const message = new Uint8Array([1, 2, 3])
        assert.equal(signer.keyNumber, 2)
        assert.ok(await isValidSignature({ key: signer.publicKey, message, signature: await signer.sign(message) }, portable))
      })
    }
  }

  test('an X25519 key is kept the same way, and does not sign', async () => {
    await writeKeyFile(path, sealKey(), { password: PASSWORD })
    const { content } = await readKeyFile(path, { password: PASSWORD })
    assert.deepEqual(content, sealKey())
    assert.throws(() => keyFileToSigner(content), refusedWith('wrong-key-kind'))
  })

  test('only the owner may read it, and nothing is left beside it', async () => {
    await writeKeyFile(path, sealKey())
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.deepEqual((await readdir(folder)).filter((name) => name.endsWith('.tmp')), [])
  })

  test('an existing file is left as it is unless it shall be replaced', async () => {
    const first = await signingKey('EdDSA')
    await writeKeyFile(path, first)
    await assert.rejects(writeKeyFile(path, sealKey()), refusedWith('key-file-exists'))
    assert.deepEqual((await readKeyFile(path)).content, first)
    await writeKeyFile(path, sealKey(), { replace: true })
    assert.deepEqual((await readKeyFile(path)).content, sealKey())
    assert.deepEqual((await readdir(folder)).filter((name) => name.endsWith('.tmp')), [])
  })

  test('a wrong password, a missing one, and a changed head are refused', async () => {
    await writeKeyFile(path, sealKey(), { password: PASSWORD })
    await assert.rejects(readKeyFile(path, { password: `${PASSWORD} ` }), refusedWith('wrong-password'))
    await assert.rejects(readKeyFile(path), refusedWith('password-required'))
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"keyNumber": 0', '"keyNumber": 1'))
    await assert.rejects(readKeyFile(path, { password: PASSWORD }), refusedWith('wrong-password'))
  })

  test('the same password typed on another keyboard opens it', async () => {
    await writeKeyFile(path, sealKey(), { password: 'schl\u00fcssel' })
    await readKeyFile(path, { password: 'schlu\u0308ssel' })
  })

  test('a file cut short anywhere is refused, and so is one with a byte too many', async () => {
    await writeKeyFile(path, sealKey())
    const text = await readFile(path, 'utf8')
    const whole = text.trimEnd().length
    for (let length = 0; length < whole; length++) {
      await writeFile(path, text.slice(0, length))
      await assert.rejects(readKeyFile(path), refusedWith('malformed-key-file'), `${length} of ${whole} bytes`)
    }
    await writeFile(path, `${text}}`)
    await assert.rejects(readKeyFile(path), refusedWith('malformed-key-file'))
  })

  test('every field is checked', async () => {
    const key = await signingKey('EdDSA')
    await writeKeyFile(path, key, { password: PASSWORD })
    const sealed = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
    const { argon2id, 'aes-256-gcm': box } = sealed['secret'] as Record<string, Record<string, unknown>>
    const open = { ...sealed, secret: bytesToHex(key.secret) }
    await writeFile(path, JSON.stringify(open))
    await readKeyFile(path)
    const changes: Record<string, unknown>[] = [
      { version: 2 },
      { kind: 'other' },
      { kind: 'seal' },
      { algorithm: 'X25519' },
      { algorithm: 'toString' },
      { algorithm: 'ES256' },
      { address: 'tt1nonsense' },
      { address: 5 },
      { keyNumber: 256 },
      { keyNumber: -1 },
      { keyNumber: 1.5 },
      { publicKey: 'xyz' },
      { publicKey: bytesToHex(sealKey().publicKey) },
      { secret: bytesToHex(sealKey().secret) },
      { secret: 'ab' },
      { secret: null },
      { extra: 1 },
      { secret: { argon2id } },
      { secret: { argon2id: { ...argon2id, m: 2 ** 30 }, 'aes-256-gcm': box } },
      { secret: { argon2id: { ...argon2id, m: 4 }, 'aes-256-gcm': box } },
      { secret: { argon2id: { ...argon2id, t: 17 }, 'aes-256-gcm': box } },
      { secret: { argon2id: { ...argon2id, p: 0 }, 'aes-256-gcm': box } },
      { secret: { argon2id: { ...argon2id, salt: '00' }, 'aes-256-gcm': box } },
      { secret: { argon2id, 'aes-256-gcm': { ...box, nonce: '00' } } },
    ]
    for (const change of changes) {
      await writeFile(path, JSON.stringify({ ...open, ...change }))
      await assert.rejects(readKeyFile(path, { password: PASSWORD }), refusedWith('malformed-key-file'), JSON.stringify(change))
    }
    for (const text of ['[]', 'null', '5', '"text"', JSON.stringify(open) + ' '.repeat(70_000)]) {
      await writeFile(path, text)
      await assert.rejects(readKeyFile(path), refusedWith('malformed-key-file'), text.slice(0, 10))
    }
  })

  test('a message about a damaged file repeats nothing of its secret', async () => {
    await writeKeyFile(path, sealKey())
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"secret": "09', '"secret": "zz09'))
    await assert.rejects(readKeyFile(path), (error) => error instanceof TelltaleError && !JSON.stringify([error.message, error.found]).includes('0909'))
  })

  test('a secret of another key is not written', async () => {
    await assert.rejects(writeKeyFile(path, { ...sealKey(), secret: new Uint8Array(32) }), refusedWith('malformed-key-file'))
    await assert.rejects(readKeyFile(path), refusedWith('key-file-not-found'))
  })

  test('a file that others may read is read with a warning', async () => {
    await writeKeyFile(path, sealKey())
    await chmod(path, 0o644)
    const { content, warning } = await readKeyFile(path)
    assert.deepEqual(content, sealKey())
    assert.equal(warning?.code, 'key-file-permissions')
    assert.equal(warning?.found, '0644')
  })

  test('a folder is no key file', async () => {
    await assert.rejects(readKeyFile(folder), refusedWith('key-file-unreadable'))
  })
})
