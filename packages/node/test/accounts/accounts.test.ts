import assert from 'node:assert/strict'
import { readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { addToken, noteLogIn, setAccountPassword } from '../../src/accounts/account-changes.ts'
import { ACCOUNTS_FILE, changeAccounts, readAccounts } from '../../src/accounts/accounts-file.ts'
import { createAccountsView } from '../../src/accounts/accounts-view.ts'
import { createLogIn } from '../../src/accounts/log-in.ts'
import { SESSION_IDLE_MS, SESSION_MS, createSessions } from '../../src/accounts/sessions.ts'
import { withDirectory } from '../home/scratch-home.ts'
import { CHEAP, PASSWORD, addCheap } from './scratch-accounts.ts'

suite('the file of accounts', () => {
  test('holds what was added, by however many at once, and lets nobody in once it is damaged in any way', async () => {
    await withDirectory(async (directory) => {
      assert.equal(readAccounts(directory), null)
      await Promise.all(Array.from({ length: 12 }, (_, i) => addCheap(directory, `anna${i}`, 'reader')))
      await addToken(directory, { name: 'robot', role: 'operator', days: 1, nowMs: Date.now() })
      assert.equal(readAccounts(directory)?.accounts.length, 12)
      assert.deepEqual(await readdir(directory), [ACCOUNTS_FILE], 'neither a lock nor a half-written file stays')
      const path = join(directory, ACCOUNTS_FILE)
      const text = await readFile(path, 'utf8')
      const file = JSON.parse(text) as { accounts: Record<string, unknown>[]; tokens: Record<string, unknown>[] }
      const bent = (change: (copy: typeof file) => unknown): string => {
        const copy = structuredClone(file)
        change(copy)
        return JSON.stringify(copy)
      }
      const damaged = [
        '',
        'null',
        text.slice(0, -20),
        bent((copy) => Object.assign(copy, { version: 2 })),
        bent((copy) => Object.assign(copy, { more: 1 })),
        bent((copy) => Object.assign(copy.accounts[0]!, { role: 'king' })),
        bent((copy) => Object.assign(copy.accounts[0]!, { name: copy.accounts[1]!['name'] })),
        bent((copy) => Object.assign(copy.accounts[0]!, { password: { ...(copy.accounts[0]!['password'] as object), hash: '' } })),
        bent((copy) => Object.assign(copy.accounts[0]!, { password: null })),
        bent((copy) => Object.assign(copy.tokens[0]!, { sha256: '00' })),
        bent((copy) => delete copy.tokens[0]!['expiresMs']),
        bent((copy) => (copy.accounts = Array.from({ length: 1001 }, (_, i) => ({ ...copy.accounts[0], name: `a${i}` })))),
        ' '.repeat(1_048_577),
      ]
      for (const bad of damaged) {
        await writeFile(path, bad)
        assert.throws(() => readAccounts(directory), { code: 'accounts-damaged' }, bad.slice(0, 60))
        await assert.rejects(addCheap(directory, 'bert', 'admin'), { code: 'accounts-damaged' })
        assert.equal(await readFile(path, 'utf8'), bad, 'it is left as it is')
      }
    })
  })

  test('a view sees each change at once, and refuses where the file is gone that was there', async () => {
    await withDirectory(async (directory) => {
      const view = createAccountsView(directory)
      assert.equal(view.read().accounts.length, 0)
      await addCheap(directory, 'anna', 'reader')
      assert.equal(view.read().accounts[0]?.lastLogInMs, null)
      await noteLogIn(directory, 'anna', 7)
      assert.equal(view.read().accounts[0]?.lastLogInMs, 7)
      await rm(join(directory, ACCOUNTS_FILE))
      assert.throws(() => view.read(), { code: 'accounts-damaged' })
    })
  })

  test('a lock that a killed process left is taken away, a fresh one is waited for', async () => {
    await withDirectory(async (directory) => {
      const lock = join(directory, `${ACCOUNTS_FILE}.lock`)
      await writeFile(lock, '')
      const added = addCheap(directory, 'anna', 'reader')
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(readAccounts(directory), null)
      await utimes(lock, 0, 0)
      await added
      assert.equal(readAccounts(directory)?.accounts.length, 1)
    })
  })

  test('has room for a thousand of each', async () => {
    await withDirectory(async (directory) => {
      const account = await addCheap(directory, 'anna', 'reader')
      await changeAccounts(directory, () => ({ accounts: Array.from({ length: 999 }, (_, i) => ({ ...account, name: `a${i}` })), tokens: [] }))
      await addCheap(directory, 'the-last', 'reader')
      await assert.rejects(addCheap(directory, 'one-more', 'reader'), { code: 'too-many-accounts' })
    })
  })
})

suite('sessions', () => {
  test('end without use, after half a day, with a new password, with another account of the name, and one by one', async () => {
    await withDirectory(async (directory) => {
      await addCheap(directory, 'anna', 'reader')
      let nowMs = 1000
      const sessions = createSessions({ nowMs: () => nowMs })
      const now = () => readAccounts(directory)!
      const open = (): string => sessions.open(now().accounts[0]!).token
      const isOpen = (token: string): boolean => sessions.find(token, now(), true) !== null
      const [idle, used, ended] = [open(), open(), open()]
      sessions.end(ended)
      assert.deepEqual([idle, used, ended, 'x'].map(isOpen), [true, true, false, false])
      nowMs += SESSION_IDLE_MS - 1
      assert.ok(isOpen(used))
      nowMs += 1
      assert.deepEqual([idle, used].map(isOpen), [false, true])
      while (nowMs < 1000 + SESSION_MS - 1) {
        assert.ok(isOpen(used))
        nowMs = Math.min(nowMs + SESSION_IDLE_MS - 1, 1000 + SESSION_MS - 1)
      }
      assert.ok(isOpen(used))
      nowMs += 1
      assert.ok(!isOpen(used))
      const before = open()
      await noteLogIn(directory, 'anna', nowMs)
      assert.ok(isOpen(before), 'another log-in ends none')
      await setAccountPassword(directory, 'anna', 'another long password', CHEAP)
      assert.ok(!isOpen(before))
      const many = Array.from({ length: 21 }, open)
      assert.deepEqual([many[0]!, many[1]!, many[20]!].map(isOpen), [false, true, true], 'the oldest of many ends')
    })
  })
})

suite('logging in', () => {
  test('a list of passwords tried gets nowhere: pauses grow, for a name from anywhere and for an address with any name', async () => {
    await withDirectory(async (directory) => {
      await addCheap(directory, 'anna', 'reader')
      let nowMs = 1000
      const logIn = createLogIn({ accounts: createAccountsView(directory), clock: { nowMs: () => nowMs }, onTrouble: assert.fail })
      const attempt = (name: string, address: string, password = 'no such password'): Promise<string> => logIn.check({ name, password, address }).then(() => 'in', (error: { code: string }) => error.code)
      assert.equal(await attempt('Anna', '10.0.0.1', PASSWORD), 'in')
      // Eight hours of an attempt a second, from as many addresses as there are attempts.
      let tried = 0
      for (let second = 0; second < 8 * 3600; second++, nowMs += 1000) if ((await attempt('anna', `10.1.${second >> 8}.${second & 255}`)) === 'wrong-log-in') tried += 1
      assert.ok(tried > 400 && tried < 500, `${tried} from anywhere`)
      assert.equal(await attempt('anna', '10.0.0.2', PASSWORD), 'too-many-attempts')
      nowMs += 60_000
      assert.equal(await attempt('anna', '10.0.0.2', PASSWORD), 'in', 'whoever has the password waits a minute at most')
      tried = 0
      for (let second = 0; second < 8 * 3600; second++, nowMs += 1000) if ((await attempt(`name${second}`, `2001:db8:0:1::${second.toString(16)}`)) === 'wrong-log-in') tried += 1
      assert.ok(tried > 30 && tried < 60, `${tried} from one network`)
      assert.equal(await attempt('anna', '2001:db8:0:1:5::1', PASSWORD), 'too-many-attempts')
      assert.equal(await attempt('anna', '2001:db8:0:2::1', PASSWORD), 'in')
    })
  })

  test('many attempts at once are counted before they are checked', async () => {
    await withDirectory(async (directory) => {
      await addCheap(directory, 'anna', 'reader')
      const logIn = createLogIn({ accounts: createAccountsView(directory), clock: { nowMs: Date.now }, onTrouble: assert.fail })
      const codes = await Promise.all(Array.from({ length: 40 }, () => logIn.check({ name: 'anna', password: 'no such password', address: '10.0.0.1' }).then(() => 'in', (error: { code: string }) => error.code)))
      assert.deepEqual([codes.filter((code) => code === 'wrong-log-in').length, codes.filter((code) => code === 'too-many-attempts').length], [5, 35])
    })
  })
})
