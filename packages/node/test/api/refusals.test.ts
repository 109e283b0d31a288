import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { addToken } from '../../src/accounts/account-changes.ts'
import { accessFor, readPlace } from '../../src/service/listening.ts'
import { resolveSettings } from '../../src/service/settings.ts'
import { assertProblem, getJson, postCbor, readAnswer, withNode } from './running-node.ts'
import type { Answer } from './running-node.ts'
import { withDirectory } from '../home/scratch-home.ts'

/** A request whose Host can be chosen, which fetch does not allow. */
function withHost(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    request({ hostname, port, path: '/v1/network', headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', reject).end()
  })
}

suite('what the API refuses', () => {
  test('fields it does not know, and values of another kind', async () => {
    await withNode(async (node) => {
      assert.equal((await getJson(node, '/v1/blocks?limit=5')).status, 200)
      assert.equal((await getJson(node, '/v1/network')).status, 200)
      for (const path of ['/health', '/v1/network', '/v1/genesis', '/v1/checkpoint', '/metrics', '/openapi.json']) assertProblem(await getJson(node, `${path}?x=1`), { status: 400, code: 'unknown-field' })
      for (const query of ['nothing=1', 'limit=5&x=', '__proto__=1', 'constructor=1']) assertProblem(await getJson(node, `/v1/blocks?${query}`), { status: 400, code: 'unknown-field' })
      for (const query of ['limit=0', 'limit=101', 'limit=-1', 'limit=5.0', 'limit=1e1', 'limit=0x5', 'limit=05', 'limit=%205', 'limit=', 'limit=5&limit=6', 'before=9007199254740993']) assertProblem(await getJson(node, `/v1/blocks?${query}`), { status: 400, code: 'malformed-request' })
      for (const path of ['/v1/identities/tt1nobody', '/v1/transactions/00', '/v1/state/0g', '/v1/blocks/x', `/v1/state/${'00'.repeat(400)}`]) assertProblem(await getJson(node, path), { status: 400, code: 'malformed-request' })
      const expected = async (path: string): Promise<unknown> => (await getJson(node, path)).json['expected']
      assert.equal(await expected('/v1/identities/tt1nobody'), 'an address tt1… of 41 characters')
      assert.equal(await expected('/v1/transactions/00'), 'a hash of 64 hex digits, lower-case')
      assert.equal(await expected('/v1/state/0g00'), 'bytes as hex digits, lower-case, two a byte')
    })
  })

  test('other routes, methods and kinds of bodies, each with what would do', async () => {
    await withNode(async (node) => {
      assertProblem(await getJson(node, '/v1/nothing'), { status: 404, code: 'no-such-route' })
      const other = await readAnswer(await fetch(`${node.url}/v1/blocks`, { method: 'DELETE' }))
      assertProblem(other, { status: 405, code: 'method-not-allowed' })
      assert.equal(other.headers.get('allow'), 'GET, HEAD')
      for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) assertProblem(await readAnswer(await fetch(`${node.url}/v1/transactions`, { method: 'POST', headers: { 'content-type': type }, body: '[]' })), { status: 415, code: 'unsupported-content' })
      assertProblem(await postCbor(node, '/v1/certificates', new Uint8Array([0x80])), { status: 415, code: 'unsupported-content' })
      assertProblem(await readAnswer(await fetch(`${node.url}/v1/transactions`, { method: 'POST', headers: { 'content-type': 'application/cbor', 'content-encoding': 'gzip' }, body: 'x' })), { status: 415, code: 'unsupported-content' })
      assertProblem(await readAnswer(await fetch(`${node.url}/v1/certificates`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"asset":' })), { status: 400, code: 'malformed-request' })
    })
  })

  test('a body above the limit, announced or not; one at the limit is read', async () => {
    await withNode(
      async (node) => {
        const post = async (body: Uint8Array<ArrayBuffer> | ReadableStream): Promise<Answer> => readAnswer(await fetch(`${node.url}/v1/transactions`, { method: 'POST', headers: { 'content-type': 'application/cbor' }, body, duplex: 'half' }))
        assertProblem(await post(new Uint8Array(2000)), { status: 400, code: 'malformed-cbor' })
        assertProblem(await post(new Uint8Array(2001)), { status: 413, code: 'body-too-large' })
        assertProblem(await post(new Blob([new Uint8Array(2001)]).stream()), { status: 413, code: 'body-too-large' })
      },
      { settings: { bodyBytesMax: 2000 } },
    )
  })

  test('who asks too often, until the window is over', async () => {
    await withNode(
      async (node) => {
        const statuses = await Promise.all(Array.from({ length: 15 }, async () => (await fetch(`${node.url}/health`)).status))
        assert.deepEqual([statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 429).length], [10, 5])
        const refused = await getJson(node, '/v1/nothing')
        assertProblem(refused, { status: 429, code: 'too-many-requests' })
        assert.ok(Number(refused.headers.get('retry-after')) >= 1)
      },
      { settings: { requestsPerSecond: 1 } },
    )
  })

  test('another host: a page elsewhere cannot have its own name lead here', async () => {
    await withNode(async ({ url }) => {
      const { port } = new URL(url)
      assert.equal(await withHost(url, `localhost:${port}`), 200)
      assert.equal(await withHost(url, '127.0.0.1'), 200)
      for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example']) assert.equal(await withHost(url, host), 421, host)
    })
  })

  test('without the token nothing but health, the description and pages', async () => {
    const tokenFile = join(tmpdir(), `telltale-token-${process.pid}`)
    await writeFile(tokenFile, 'a-token-of-this-test\n')
    await withNode(
      async (node) => {
        assertProblem(await getJson(node, '/v1/network'), { status: 401, code: 'token-needed' })
        assertProblem(await getJson(node, '/metrics'), { status: 401, code: 'token-needed' })
        assertProblem(await getJson(node, '/v1/network', { authorization: 'Bearer another-token-of-this' }), { status: 401, code: 'token-needed' })
        assert.equal((await getJson(node, '/v1/network', { authorization: 'Bearer a-token-of-this-test' })).status, 200)
        assert.equal((await getJson(node, '/health')).status, 200)
        assert.equal((await getJson(node, '/openapi.json')).status, 200)
      },
      { settings: { tokenFile } },
    )
  })

  test('to listen where others can connect without TLS, without an account or a token, or with accounts that cannot be read', async () => {
    await withDirectory(async (directory) => {
      const tokenFile = join(directory, 'token')
      await writeFile(tokenFile, 'a-token-of-this-test')
      const { settings } = await resolveSettings({ flags: {}, environment: {}, directory })
      const outside = readPlace('0.0.0.0:8362')
      assert.equal((await accessFor(outside, { ...settings, behindProxy: true, tokenFile }, directory)).access.token, 'a-token-of-this-test')
      assert.equal((await accessFor(readPlace('[::1]:8362'), settings, directory)).access.token, null)
      await assert.rejects(accessFor(outside, { ...settings, tokenFile }, directory), { code: 'tls-needed' })
      await assert.rejects(accessFor(outside, { ...settings, behindProxy: true }, directory), { code: 'token-missing' })
      await assert.rejects(accessFor(readPlace('127.0.0.1:1'), { ...settings, behindProxy: true }, directory), { code: 'token-missing' })
      await assert.rejects(accessFor(outside, { ...settings, tlsCert: tokenFile, tokenFile }, directory), { code: 'tls-needed' })
      await addToken(directory, { name: 'robot', role: 'reader', days: 1, nowMs: Date.now() })
      assert.equal((await accessFor(outside, { ...settings, behindProxy: true }, directory)).access.token, null)
      await writeFile(join(directory, 'accounts.json'), '{"version": 1')
      await assert.rejects(accessFor(readPlace('127.0.0.1:1'), settings, directory), { code: 'accounts-damaged' })
      await rm(join(directory, 'accounts.json'))
      await writeFile(tokenFile, 'short')
      await assert.rejects(accessFor(outside, { ...settings, behindProxy: true, tokenFile }, directory), { code: 'malformed-token' })
      for (const place of ['8362', 'localhost', 'localhost:99999', '::1:8362', 'a b:1']) assert.throws(() => readPlace(place), { code: 'malformed-setting' }, place)
    })
  })
})

suite('settings', () => {
  test('a flag wins over the environment, that over the file, that over what is usual', async () => {
    await withDirectory(async (directory) => {
      await writeFile(join(directory, 'config.json'), '{"log-level": "warn", "listen": "127.0.0.1:1", "requests-per-second": 7}')
      const { settings, all } = await resolveSettings({ flags: { listen: '127.0.0.1:3' }, environment: { TELLTALE_LISTEN: '127.0.0.1:2', TELLTALE_LOG_LEVEL: 'debug' }, directory })
      const sourceOf = (name: string): string | undefined => all.find((one) => one.name === name)?.source
      assert.deepEqual([settings.listen, settings.logLevel, settings.requestsPerSecond, settings.behindProxy], ['127.0.0.1:3', 'debug', 7, false])
      assert.deepEqual(['listen', 'log-level', 'requests-per-second', 'behind-proxy'].map(sourceOf), ['flag', 'variable', 'file', 'default'])
      for (const [file, code] of [['{"liste": 1}', 'unknown-setting'], ['[]', 'malformed-config'], ['{"log-level": "loud"}', 'malformed-setting'], ['{"connections-max": 0}', 'malformed-setting'], ['{"behind-proxy": "yes"}', 'malformed-setting']] as const) {
        await writeFile(join(directory, 'config.json'), file)
        await assert.rejects(resolveSettings({ flags: {}, environment: {}, directory }), { code }, file)
      }
    })
  })
})
