import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { encode } from '@telltale/core'
import { createLog } from '../../src/service/log.ts'
import { SECRET_READING, assertProblem, getJson, signRecords, submit, withNode } from './running-node.ts'

suite('the log', () => {
  test('says what was answered, and holds neither readings nor tokens nor keys, whatever goes wrong', async () => {
    const lines: string[] = []
    const folder = await mkdtemp(join(tmpdir(), 'telltale-log-'))
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, 'a-token-of-this-test')
    await withNode(
      async (node) => {
        const authorization = 'Bearer a-token-of-this-test'
        const [one] = await signRecords(node, 1)
        const body = Buffer.from(one!.attachments[0]!)
        for (const query of ['', `?token=a-token-of-this-test`, `?${SECRET_READING}=1`]) {
          await fetch(`${node.url}/v1/transactions${query}`, { method: 'POST', headers: { authorization, cookie: 'session=a-token-of-this-test', 'content-type': 'application/cbor' }, body })
        }
        assertProblem(await getJson(node, '/broken', { authorization }), { status: 500, code: 'internal-error' })
        await getJson(node, `/v1/${SECRET_READING}`)
        const { secret } = await node.home.wallet.content('device')
        const all = lines.join('')
        assert.ok(lines.length >= 5, 'something is logged')
        for (const line of lines) assert.equal(typeof (JSON.parse(line) as { level: string }).level, 'string')
        assert.match(all, /"route":"\/v1\/transactions","status":400/)
        assert.match(all, /a bug of this test/, 'our own failures are logged whole')
        for (const hidden of [SECRET_READING, 'a-token-of-this-test', body.toString('hex'), body.toString('base64'), Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')]) assert.ok(!all.includes(hidden), hidden)
      },
      {
        log: createLog('debug', (line) => lines.push(line)),
        settings: { tokenFile },
        mounts: [(server) => void server.get('/broken', () => Promise.reject(new TypeError('a bug of this test')))],
      },
    )
    await rm(folder, { recursive: true })
  })
})

suite('pages', () => {
  test('are served with strict heads; an address inside them is the first page, one of the API never is', async () => {
    const pages = await mkdtemp(join(tmpdir(), 'telltale-pages-'))
    await mkdir(join(pages, 'assets'))
    await writeFile(join(pages, 'index.html'), '<!doctype html><title>first page</title>')
    await writeFile(join(pages, 'assets', 'page.js'), 'export {}')
    await writeFile(join(pages, '..', 'outside.txt'), 'outside')
    await withNode(
      async (node) => {
        const page = await fetch(node.url)
        assert.match(await page.text(), /first page/)
        assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'self';/)
        assert.match((await fetch(`${node.url}/health`)).headers.get('content-security-policy') ?? '', /^default-src 'none';/)
        assert.equal(page.headers.get('x-content-type-options'), 'nosniff')
        assert.match((await fetch(`${node.url}/assets/page.js`)).headers.get('content-type') ?? '', /javascript/)
        const html = { accept: 'text/html,*/*' }
        assert.match(await (await fetch(`${node.url}/devices/some`, { headers: html })).text(), /first page/)
        for (const path of ['/v1/nothing', '/health/nothing', '/assets/none.js']) {
          const response = await fetch(node.url + path, { headers: path === '/assets/none.js' ? {} : html })
          assert.equal(response.status, 404, path)
          assert.match(response.headers.get('content-type') ?? '', /problem\+json/, path)
        }
        for (const path of ['/../outside.txt', '/%2e%2e/outside.txt', '/assets/..%2f..%2foutside.txt', '/..%5coutside.txt']) {
          const response = await fetch(node.url + path)
          assert.ok(!(await response.text()).includes('outside.txt content') && response.status !== 200, path)
        }
      },
      { pages },
    )
    await rm(pages, { recursive: true })
  })
})

suite('mounts', () => {
  test('further routes are added, and answer errors like all others', async () => {
    await withNode(
      async (node) => {
        assert.deepEqual((await getJson(node, '/v1/desk')).json, { isOpen: true })
        assert.equal((await fetch(`${node.url}/v1/desk`, { method: 'PUT' })).status, 405)
        await submit(node, await signRecords(node, 1))
      },
      { mounts: [(server) => void server.get('/v1/desk', () => ({ isOpen: true }))] },
    )
  })
})

suite('stopping', () => {
  test('listeners are let go, what is under way is finished, and new ones find nobody', async () => {
    let url = ''
    await withNode(async (node) => {
      url = node.url
      const events = await fetch(`${url}/v1/events?cursor=0`)
      const text = events.text()
      const records = await signRecords(node, 50)
      const sent = submit(node, records)
      // Long enough for the request to arrive, on a busy machine too, and too short for all of it to be done.
      await new Promise((resolve) => setTimeout(resolve, 40))
      await node.service.stop()
      assert.match(await text, /event: block/)
      assert.deepEqual((await sent).map(({ status }) => status), Array.from({ length: 50 }, () => 'certified'))
    })
    await assert.rejects(fetch(url), TypeError)
  })
})

suite('clients that go away', () => {
  test('before, while and after their answer is made: nothing of theirs is held', async () => {
    await withNode(async (node) => {
      for (let i = 0; i < 15; i++) {
        const body = encode((await signRecords(node, 20)).map(({ bytes, attachments }) => [bytes, attachments]))
        const socket = connect(Number(new URL(node.url).port), '127.0.0.1')
        await once(socket, 'connect')
        socket.write(`POST /v1/transactions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/cbor\r\ncontent-length: ${body.length}\r\n\r\n`)
        socket.write(body.subarray(0, i % 3 === 0 ? body.length - 1 : body.length))
        await new Promise((resolve) => setTimeout(resolve, 3 * i))
        socket.destroy()
        await new Promise((resolve) => setTimeout(resolve, 30))
      }
      const heldBytes = async (): Promise<number> => Number(/^telltale_held_bytes (\d+)/m.exec(await (await fetch(`${node.url}/metrics`)).text())?.[1])
      for (let i = 0; i < 50 && (await heldBytes()) > 0; i++) await new Promise((resolve) => setTimeout(resolve, 20))
      assert.equal(await heldBytes(), 0)
      assert.ok(node.home.ledger.position.log.size > 20, 'what was sent whole is in the ledger')
    })
  })
})
