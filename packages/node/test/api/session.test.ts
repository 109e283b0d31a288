import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { encode } from '@telltale/core'
import { removeAccount, setAccountPassword, setAccountRole } from '../../src/accounts/account-changes.ts'
import { readAccounts } from '../../src/accounts/accounts-file.ts'
import { createLog } from '../../src/service/log.ts'
import { CHEAP, PASSWORD, addCheap } from '../accounts/scratch-accounts.ts'
import { withDirectory } from '../home/scratch-home.ts'
import { assertProblem, getJson, readAnswer, signRecords, withNode } from './running-node.ts'
import type { Answer, RunningNode } from './running-node.ts'

async function logIn({ url }: { url: string }, name: string, password = PASSWORD): Promise<Answer & { cookie: string }> {
  const answer = await readAnswer(await fetch(`${url}/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, password }) }))
  return { ...answer, cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
}

/** Something that changes the ledger: a list of no transactions, which is refused once somebody looks at it. */
async function write({ url }: { url: string }, headers: Record<string, string>): Promise<Answer> {
  return readAnswer(await fetch(`${url}/v1/transactions`, { method: 'POST', headers: { 'content-type': 'application/cbor', ...headers }, body: new Uint8Array(encode([])) }))
}

const WRITTEN = { status: 400, code: 'wrong-shape' }
const PAGE = { 'x-telltale-page': '1' }

function withAccounts(work: (node: RunningNode) => Promise<void>, options: Parameters<typeof withNode>[1] = {}): Promise<void> {
  return withNode(async (node) => {
    await addCheap(node.home.directory, 'reader', 'reader')
    await addCheap(node.home.directory, 'anna', 'operator')
    await work(node)
  }, options)
}

suite('a session', () => {
  test('begins with name and password, says who one is, and ends with the log-out', async () => {
    await withAccounts(async (node) => {
      assert.deepEqual((await getJson(node, '/v1/session')).json, { hasAccounts: true, isGuarded: true, kind: null, name: null, role: null, endsMs: null })
      assertProblem(await getJson(node, '/v1/network'), { status: 401, code: 'log-in-needed' })
      const { status, json, headers, cookie } = await logIn(node, ' Anna ')
      assert.deepEqual([status, json['name'], json['role'], json['kind']], [200, 'anna', 'operator', 'account'])
      const [set] = headers.getSetCookie()
      assert.match(set ?? '', /^telltale-\d+=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/)
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal((await getJson(node, '/v1/network', { cookie: `other=1; ${cookie}` })).status, 200)
      assert.equal((await getJson(node, '/v1/session', { cookie })).json['name'], 'anna')
      assert.ok(readAccounts(node.home.directory)!.accounts[1]!.lastLogInMs! > Date.now() - 60_000)
      assertProblem(await write(node, { cookie, ...PAGE }), WRITTEN)
      const out = await readAnswer(await fetch(`${node.url}/v1/session`, { method: 'DELETE', headers: { cookie, ...PAGE } }))
      assert.match(out.headers.getSetCookie()[0] ?? '', /=; .*Max-Age=0/)
      assertProblem(await getJson(node, '/v1/network', { cookie }), { status: 401, code: 'log-in-needed' })
      assert.equal((await getJson(node, '/v1/session', { cookie })).json['name'], null)
    })
  })

  test('lets nobody change anything from another page; a token needs no such proof', async () => {
    await withAccounts(async (node) => {
      const { cookie } = await logIn(node, 'anna')
      assertProblem(await write(node, { cookie, ...PAGE, 'sec-fetch-site': 'same-origin' }), WRITTEN)
      assertProblem(await write(node, { cookie }), { status: 403, code: 'wrong-origin' })
      for (const site of ['same-site', 'cross-site']) assertProblem(await write(node, { cookie, ...PAGE, 'sec-fetch-site': site }), { status: 403, code: 'wrong-origin' })
      assertProblem(await readAnswer(await fetch(`${node.url}/v1/session`, { method: 'DELETE', headers: { cookie } })), { status: 403, code: 'wrong-origin' })
      assert.equal((await getJson(node, '/v1/network', { cookie })).status, 200, 'and is still logged in')
      const preflight = await fetch(`${node.url}/v1/transactions`, { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-telltale-page' } })
      assert.equal(preflight.headers.get('access-control-allow-origin'), null)
      assertProblem(await readAnswer(await fetch(`${node.url}/v1/session`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify({ name: 'anna', password: PASSWORD }) })), { status: 415, code: 'unsupported-content' })
    })
  })

  test('follows the account: its role at once, its password, its removal; events fall silent with it', async () => {
    await withAccounts(async (node) => {
      const { directory } = node.home
      const { cookie } = await logIn(node, 'reader')
      assertProblem(await write(node, { cookie, ...PAGE }), { status: 403, code: 'role-needed' })
      await setAccountRole(directory, 'reader', 'operator')
      assertProblem(await write(node, { cookie, ...PAGE }), WRITTEN)
      const [one, two] = [await logIn(node, 'anna'), await logIn(node, 'anna')]
      const events = await fetch(`${node.url}/v1/events?cursor=0`, { headers: { cookie: one.cookie } })
      const reading = events.body!.getReader()
      assert.match(new TextDecoder().decode((await reading.read()).value), /welcome/)
      await reading.cancel()
      await setAccountPassword(directory, 'anna', 'another long password', CHEAP)
      for (const session of [one, two]) assertProblem(await getJson(node, '/v1/network', { cookie: session.cookie }), { status: 401, code: 'log-in-needed' })
      assertProblem(await getJson(node, '/v1/events', { cookie: one.cookie }), { status: 401, code: 'log-in-needed' })
      assert.equal((await getJson(node, '/v1/network', { cookie })).status, 200)
      await removeAccount(directory, 'reader')
      assertProblem(await getJson(node, '/v1/network', { cookie }), { status: 401, code: 'log-in-needed' })
      await removeAccount(directory, 'anna')
      assert.equal((await getJson(node, '/v1/network')).status, 200, 'without accounts a node on loopback asks nobody')
    })
  })

  test('a listener that was let in hears nothing more once its session has ended', async () => {
    await withAccounts(async (node) => {
      const { cookie } = await logIn(node, 'anna')
      const events = await fetch(`${node.url}/v1/events`, { headers: { cookie } })
      const text = events.text()
      await removeAccount(node.home.directory, 'anna')
      const [record] = await signRecords(node, 1)
      await node.home.chain.submit(record!)
      assert.equal(await text, ': welcome\n\n')
    })
  })

  test('does not tell a wrong name from a wrong password, and after a few of either nothing is checked any more', async () => {
    await withAccounts(async (node) => {
      const answers = [await logIn(node, 'anna', 'no such password'), await logIn(node, 'nobody', 'no such password')]
      for (const answer of answers) assertProblem(answer, { status: 401, code: 'wrong-log-in' })
      assert.deepEqual(answers[0]!.json, answers[1]!.json)
      const guesses: Answer[] = []
      for (let i = 0; i < 40; i++) guesses.push(await logIn(node, 'anna', `guess number ${i}`))
      const paused = guesses.filter(({ status }) => status === 429)
      assert.ok(paused.length >= 30, `${paused.length} of 40 were not looked at`)
      assertProblem(paused[0]!, { status: 429, code: 'too-many-attempts' })
      assert.equal(`a pause of ${paused[0]!.headers.get('retry-after')} s`, paused[0]!.json['expected'])
    })
  })

  test('nobody is let in, with whatever they bring, once the file of accounts is damaged', async () => {
    await withAccounts(async (node) => {
      const { cookie } = await logIn(node, 'anna')
      assert.equal((await getJson(node, '/v1/network', { cookie })).status, 200)
      await writeFile(join(node.home.directory, 'accounts.json'), '{}')
      for (const headers of [{}, { cookie }]) assertProblem(await getJson(node, '/v1/network', headers), { status: 500, code: 'accounts-damaged' })
      assertProblem(await logIn(node, 'anna'), { status: 500, code: 'accounts-damaged' })
      assert.equal((await getJson(node, '/health')).status, 200)
    })
  })

  test('off this machine its cookie goes over TLS only, and the log holds neither it nor the password', async () => {
    const lines: string[] = []
    await withDirectory(async (folder) => {
      const tokenFile = join(folder, 'token')
      await writeFile(tokenFile, 'a-token-of-this-test')
      await withAccounts(
        async (node) => {
          const { headers, cookie } = await logIn(node, 'anna')
          assert.match(headers.getSetCookie()[0] ?? '', /^__Host-telltale=.*; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/)
          assert.equal((await getJson(node, '/v1/network', { cookie })).status, 200)
          assertProblem(await write(node, { authorization: 'Bearer a-token-of-this-test' }), WRITTEN)
          assertProblem(await logIn(node, 'anna', 'a password in vain'), { status: 401, code: 'wrong-log-in' })
          const all = lines.join('')
          assert.match(all, /"route":"\/v1\/session"/)
          for (const hidden of [PASSWORD, 'a password in vain', cookie.split('=')[1]!]) assert.ok(!all.includes(hidden), hidden)
        },
        { settings: { behindProxy: true, tokenFile }, log: createLog('debug', (line) => lines.push(line)) },
      )
    })
  })
})
