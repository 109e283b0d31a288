import assert from 'node:assert/strict'
import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { beside, withData } from './scratch-data.ts'
import type { Data } from './scratch-data.ts'

const ALGORITHMS = ['EdDSA', 'ES256', 'ES256K', 'RS256']

async function keyFile(data: Data, name: string): Promise<string> {
  return readFile(join(data.directory, 'keys', `${name}.key`), 'utf8')
}

suite('keys', () => {
  test('all four algorithms are made, listed and shown, without a network', async () => {
    await withData(async (data) => {
      for (const algorithm of ALGORITHMS) await data.ok('keys', 'new', algorithm.toLowerCase(), '--algorithm', algorithm)
      const { keys } = await data.ok<{ keys: { algorithm: string; address: string; isProtected: boolean }[] }>('keys', 'list')
      assert.deepEqual(keys.map((key) => key.algorithm).sort(), [...ALGORITHMS].sort())
      assert.ok(keys.every((key) => key.address.startsWith('tt1') && !key.isProtected))
      const shown = await data.ok<{ coseKey: string; publicKey: string }>('keys', 'show', 'es256')
      assert.match(shown.coseKey, /^a5/)
      assert.equal(shown.publicKey.length, 128)
      const { secret } = JSON.parse(await keyFile(data, 'es256')) as { secret: string }
      assert.ok(!(await data.run('keys', 'show', 'es256')).output.includes(secret), 'nothing secret is shown')
      assert.equal((await stat(join(data.directory, 'keys', 'es256.key'))).mode & 0o777, 0o600)
      assert.equal((await data.run('keys', 'new', 'es256')).code, 'key-file-exists')
      assert.equal((await data.run('keys', 'new', '../es256')).code, 'malformed-name')
      assert.equal((await data.run('keys', 'show', 'nobody')).code, 'key-file-not-found')
    })
  })

  test('24 words make the same key again, elsewhere', async () => {
    await withData(async (data) => {
      const other = beside(data, 'other')
      for (const algorithm of ['EdDSA', 'ES256', 'ES256K']) {
        const made = await data.ok<{ mnemonic: string; address: string }>('keys', 'new', algorithm, '--algorithm', algorithm, '--mnemonic', '--account', '3')
        assert.equal(made.mnemonic.split(' ').length, 24)
        assert.ok(!(await data.run('keys', 'show', algorithm)).output.includes(made.mnemonic), 'they are shown once')
        const words = await data.write('words.txt', `${made.mnemonic.toUpperCase()}\n`)
        const restored = await other.ok<{ address: string }>('keys', 'restore', algorithm, '--mnemonic', '--words', words, '--algorithm', algorithm, '--account', '3')
        assert.equal(restored.address, made.address)
        assert.equal(await keyFile(other, algorithm), await keyFile(data, algorithm))
        const otherAccount = await other.ok<{ address: string }>('keys', 'restore', `${algorithm}-other`, '--mnemonic', '--words', words, '--algorithm', algorithm)
        assert.notEqual(otherAccount.address, made.address, 'another account is another key')
      }
    })
  })

  test('words that are none are refused, and never taken from the command line', async () => {
    await withData(async (data) => {
      const { mnemonic } = await data.ok<{ mnemonic: string }>('keys', 'new', 'owner', '--mnemonic')
      const words = mnemonic.split(' ')
      const restore = async (input: string, ...args: string[]): Promise<string | undefined> => {
        const file = await data.write('words.txt', input)
        const ended = await data.run('keys', 'restore', 'again', '--mnemonic', '--words', file, ...args)
        assert.equal(ended.exitCode, 2)
        return ended.code
      }
      assert.equal(await restore(words.slice(1).join(' ')), 'malformed-mnemonic')
      assert.equal(await restore(''), 'malformed-mnemonic')
      assert.equal(await restore([...words.slice(0, 23), 'telltale'].join(' ')), 'unknown-mnemonic-word')
      assert.equal(await restore(Array(24).fill('zoo').join(' ')), 'mnemonic-checksum')
      assert.equal(await restore(mnemonic, '--algorithm', 'RS256'), 'algorithm-without-mnemonic')
      assert.equal((await data.run('keys', 'new', 'rsa', '--algorithm', 'RS256', '--mnemonic')).code, 'algorithm-without-mnemonic')
      assert.equal((await data.run('keys', 'restore', 'again', '--mnemonic', ...words)).exitCode, 2)
      const piped = await data.spawn(mnemonic, 'keys', 'restore', 'again', '--mnemonic')
      assert.equal(piped.exitCode, 0, 'on standard input they are taken')
      assert.equal(await keyFile(data, 'again'), await keyFile(data, 'owner'))
    })
  })
})

suite('keys password', () => {
  test('sets, changes and removes the password of everything, epoch secrets included', async () => {
    await withData(async (data) => {
      await data.importDrive('short')
      const one = await data.write('one', 'first password\n')
      const two = await data.write('two', 'second password\n')
      const read = (file = ''): ReturnType<Data['run']> => data.runWith(file, 'device', 'read', '--stream', 'odometer', '--from', '0', '--to', '0')
      const secret = (JSON.parse(await keyFile(data, 'owner')) as { secret: string }).secret
      await data.ok('keys', 'password', '--new-password-file', one)
      assert.ok(!(await keyFile(data, 'owner')).includes(secret))
      assert.equal((await read()).code, 'password-required')
      assert.equal((await read(two)).code, 'wrong-password')
      assert.equal((await read(one)).exitCode, 0)
      assert.equal((await data.runWith(two, 'keys', 'password', '--new-password-file', two)).code, 'wrong-password')
      assert.equal((await data.runWith(one, 'keys', 'password', '--new-password-file', two)).exitCode, 0)
      assert.equal((await read(one)).code, 'wrong-password')
      assert.equal((await read(two)).exitCode, 0)
      assert.equal((await data.runWith(two, 'keys', 'password', '--remove')).exitCode, 0)
      assert.equal((await read()).exitCode, 0)
      assert.equal((JSON.parse(await keyFile(data, 'owner')) as { secret: string }).secret, secret, 'it is still the same key')
    })
  })

  test('what an interruption left half done is finished by the same command', async () => {
    await withData(async (data) => {
      await data.importDrive('short')
      const one = await data.write('one', 'first password')
      const two = await data.write('two', 'second password')
      await data.ok('keys', 'password', '--new-password-file', one)
      const [before, secrets] = [await keyFile(data, 'device'), (await readdir(join(data.directory, 'secrets')))[0] as string]
      const sealed = await readFile(join(data.directory, 'secrets', secrets), 'utf8')
      assert.equal((await data.runWith(one, 'keys', 'password', '--new-password-file', two)).exitCode, 0)
      // As a crash would leave it: some files as before, some changed, and a temporary one with a secret.
      await writeFile(join(data.directory, 'keys', 'device.key'), before)
      await writeFile(join(data.directory, 'secrets', secrets), sealed)
      await writeFile(join(data.directory, 'keys', 'owner.key.abc.tmp'), 'half of a secret')
      assert.equal((await data.runWith(one, 'keys', 'password', '--new-password-file', two)).exitCode, 0)
      assert.deepEqual((await readdir(join(data.directory, 'keys'))).filter((name) => name.endsWith('.tmp')), [])
      const read = await data.runWith(two, 'device', 'read', '--stream', 'odometer', '--from', '0', '--to', '0')
      assert.equal(read.exitCode, 0)
    })
  })

  test('of one key only: it is asked for when that key is used', async () => {
    await withData(async (data) => {
      await data.ok('init')
      await data.ok('asset', 'enrol')
      const file = await data.write('password', 'secret of the owner')
      await data.ok('keys', 'password', 'owner', '--new-password-file', file)
      assert.equal((await data.run('asset', 'list')).exitCode, 0, 'nobody signs')
      assert.equal((await data.run('device', 'enrol', '--streams', 'odometer')).code, 'password-required')
      assert.equal((await data.runWith(file, 'device', 'enrol', '--streams', 'odometer')).exitCode, 0)
      const { keys } = await data.ok<{ keys: { name: string; isProtected: boolean }[] }>('keys', 'list')
      assert.deepEqual(keys.filter((key) => key.isProtected).map((key) => key.name), ['owner'])
    })
  })

  test('used wrongly it says what to do', async () => {
    await withData(async (data) => {
      assert.equal((await data.run('keys', 'password', '--remove')).code, 'key-file-not-found')
      await data.ok('keys', 'new', 'owner')
      assert.equal((await data.run('keys', 'password')).code, 'password-required')
      assert.equal((await data.run('keys', 'password', 'nobody', '--remove')).code, 'key-file-not-found')
      assert.equal((await data.run('keys', 'password', '--remove', '--new-password-file', 'x')).code, 'usage')
      assert.equal((await data.run('keys', 'password', '--new-password-file', await data.write('empty', '\n'))).code, 'usage')
      assert.equal((await data.run('keys', 'password', 'owner', '--remove')).exitCode, 0)
    })
  })
})

suite('keys seal', () => {
  test('is for admitted identities, numbered from 0, and older ones are kept', async () => {
    await withData(async (data) => {
      await data.ok('init')
      await data.ok('keys', 'new', 'insurer')
      const early = await data.run('keys', 'seal', 'insurer')
      assert.deepEqual([early.exitCode, early.code], [1, 'unknown-identity'])
      await data.ok('send', 'admit', '[{"key": "insurer"}, {"signature": "insurer"}, {"address": "authority"}, [["owner", null, null]]]', '--key', 'authority', '--sub', 'insurer')
      const first = await data.ok<{ sealKeyNumber: number; publicKey: string }>('keys', 'seal', 'insurer')
      const second = await data.ok<{ sealKeyNumber: number; publicKey: string }>('keys', 'seal', 'insurer')
      assert.deepEqual([first.sealKeyNumber, second.sealKeyNumber], [0, 1])
      const { sealKeys } = await data.ok<{ sealKeys: { keyNumber: number; publicKey: string }[] }>('keys', 'show', 'insurer')
      assert.deepEqual(sealKeys, [{ keyNumber: 0, publicKey: first.publicKey }, { keyNumber: 1, publicKey: second.publicKey }])
    })
  })
})

suite('keys rotate', () => {
  test('the address stays, the old key signs no more, and devices follow', async () => {
    await withData(async (data) => {
      await data.ok('init')
      await data.importDrive('short')
      await data.ok('keys', 'seal', 'owner')
      const old = await keyFile(data, 'owner')
      const { address } = await data.ok<{ address: string }>('keys', 'show', 'owner')
      assert.deepEqual(await data.ok('keys', 'rotate', 'owner'), { name: 'owner', address, keyNumber: 1 })
      assert.equal((await data.run('device', 'grant', '--stream', 'odometer', '--reader', 'owner')).exitCode, 0, 'the device knows the new key')
      await data.ok('keys', 'rotate', 'device')
      const { refusals } = JSON.parse((await data.importDrive('second')).output) as { refusals: unknown[] }
      assert.deepEqual(refusals, [])
      await data.ok('certificate', '--stream', 'odometer', '--out', data.path('car.telltale'))
      const { lamps } = JSON.parse((await data.run('verify', data.path('car.telltale'))).output) as { lamps: Record<string, { state: string }> }
      assert.equal(lamps['genuine']?.state, 'holds', 'records of both keys')
      assert.equal((await data.run('keys', 'rotate', 'authority')).code, 'authority-key')
      await writeFile(join(data.directory, 'keys', 'owner.key'), old)
      assert.equal((await data.run('device', 'retire', '--reason', 'x')).code, 'key-not-in-force')
      assert.equal((await data.run('keys', 'rotate', 'owner')).code, 'key-not-in-force', 'its successor is not here')
    })
  })

  test('an interruption between the ledger and the file is mended by the same command', async () => {
    await withData(async (data) => {
      await data.ok('init')
      await data.ok('asset', 'enrol')
      const old = await keyFile(data, 'owner')
      await data.ok('keys', 'rotate', 'owner')
      const next = await keyFile(data, 'owner')
      await writeFile(join(data.directory, 'keys', 'owner.key'), old)
      await writeFile(join(data.directory, 'keys', 'owner.next'), next)
      assert.equal((await data.ok<{ keyNumber: number }>('keys', 'rotate', 'owner')).keyNumber, 1)
      assert.equal(await keyFile(data, 'owner'), next)
      await data.ok('device', 'enrol', '--streams', 'odometer')
    })
  })
})
