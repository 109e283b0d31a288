import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { withData } from './scratch-data.ts'

interface Listed {
  accounts: { name: string; role: string; lastLogInMs: number | null }[]
}

suite('accounts and tokens', () => {
  test('are added, listed, changed and removed; the file holds no password and no token, and only its owner may read it', async () => {
    await withData(async (data) => {
      const password = await data.write('password', 'correct horse battery\n')
      await data.ok('init')
      assert.deepEqual(await data.ok('accounts', 'list'), { accounts: [] })
      assert.equal((await data.runWith(password, 'accounts', 'add', 'Anna@example.org', '--role', 'admin')).exitCode, 0)
      const file = join(data.directory, 'accounts.json')
      const first = await readFile(file, 'utf8')
      assert.ok(!first.includes('horse') && first.includes('"m": 65536'), 'argon2id with the parameters of key files')
      assert.equal((await stat(file)).mode & 0o777, 0o600)
      assert.deepEqual((await data.runWith(password, 'accounts', 'add', 'anna@example.org')).code, 'account-exists')
      await data.ok('accounts', 'role', 'anna@example.org', 'operator')
      const { accounts } = await data.ok<Listed>('accounts', 'list')
      assert.deepEqual(accounts.map(({ name, role, lastLogInMs }) => [name, role, lastLogInMs]), [['anna@example.org', 'operator', null]])
      const other = await data.write('other', 'another long password')
      assert.equal((await data.runWith(other, 'accounts', 'password', 'anna@example.org')).exitCode, 0)
      assert.notEqual(await readFile(file, 'utf8'), first)
      const { token } = await data.ok<{ token: string }>('tokens', 'add', 'robot', '--expires', '3')
      assert.ok(token.length > 50 && !(await readFile(file, 'utf8')).includes(token.slice(9)))
      const { tokens } = await data.ok<{ tokens: Record<string, unknown>[] }>('tokens', 'list')
      assert.deepEqual(tokens.map(({ name, role, isExpired }) => [name, role, isExpired]), [['robot', 'reader', false]])
      assert.equal((await data.run('tokens', 'add', 'robot')).code, 'token-exists')
      assert.equal((await data.ok('store', 'check'))['isWhole'], true)
      await data.ok('tokens', 'revoke', 'robot')
      assert.equal((await data.run('accounts', 'remove', 'anna@example.org')).code, 'confirmation-needed')
      assert.equal((await data.ok('accounts', 'remove', 'anna@example.org', '--yes'))['left'], 0)
    })
  })

  test('what cannot be is refused with its code, and nothing is written', async () => {
    await withData(async (data) => {
      const password = await data.write('password', 'correct horse battery')
      const short = await data.write('short', 'elevenchars')
      assert.equal((await data.runWith(password, 'accounts', 'add', 'anna')).code, 'no-data')
      await data.ok('init')
      const cases: [file: string, args: string[], code: string, exitCode: number][] = [
        [short, ['accounts', 'add', 'anna'], 'password-too-short', 2],
        [await data.write('long', 'x'.repeat(1025)), ['accounts', 'add', 'anna'], 'password-too-long', 2],
        [password, ['accounts', 'add', 'an na'], 'malformed-name', 2],
        [password, ['accounts', 'password', 'anna'], 'unknown-account', 1],
        [password, ['accounts', 'role', 'anna', 'admin'], 'unknown-account', 1],
        [password, ['accounts', 'role', 'anna', 'king'], 'option-out-of-range', 2],
        [password, ['accounts', 'remove', 'anna', '--yes'], 'unknown-account', 1],
        [password, ['tokens', 'revoke', 'robot'], 'unknown-token', 1],
        [password, ['tokens', 'add', 'robot', '--expires', '0'], 'option-out-of-range', 2],
        [password, ['tokens', 'add', 'robot', '--expires', 'soon'], 'option-out-of-range', 2],
      ]
      for (const [file, args, code, exitCode] of cases) {
        const ended = await data.runWith(file, ...args)
        assert.deepEqual([ended.code, ended.exitCode], [code, exitCode], args.join(' '))
      }
      assert.equal((await data.run('accounts', 'add', 'anna')).code, 'password-required', 'nobody is there to be asked, and there is no usual password')
      assert.deepEqual(await data.ok('accounts', 'list'), { accounts: [] })
    })
  })

  test('init makes a first account where one is asked for, and refuses a bad one before it makes anything', async () => {
    await withData(async (data) => {
      const password = await data.write('password', 'correct horse battery')
      const short = await data.write('short', 'elevenchars')
      assert.equal((await data.run('init', '--account', 'anna')).code, 'password-required')
      assert.equal((await data.run('init', '--account', 'anna', '--account-password-file', short)).code, 'password-too-short')
      assert.equal((await data.run('init', '--account-password-file', password)).code, 'usage')
      const made = await data.ok('init', '--account', 'anna', '--account-password-file', password)
      assert.equal(made['account'], 'anna')
      const { accounts } = await data.ok<Listed>('accounts', 'list')
      assert.deepEqual(accounts.map(({ name, role }) => [name, role]), [['anna', 'admin']])
    })
  })
})
