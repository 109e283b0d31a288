import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { addToken, revokeToken } from '../../src/accounts/account-changes.ts'
import { changeAccounts } from '../../src/accounts/accounts-file.ts'
import { addCheap } from '../accounts/scratch-accounts.ts'
import { assertProblem, getJson, readAnswer, withNode } from './running-node.ts'
import type { RunningNode } from './running-node.ts'

interface Operation {
  operationId: string
  security: Record<string, unknown>[]
  requestBody?: { content: Record<string, unknown> }
  'x-role': 'anybody' | 'reader' | 'operator' | 'admin'
}

interface Description {
  paths: Record<string, Record<string, Operation>>
}

/** What may be done without an account; everything else is at least for readers. */
const ANYBODY = ['getDescription', 'getHealth', 'getSession', 'logIn', 'logOut']
/** What is asked with POST and writes nothing. */
const READS = ['makeCertificate']

const RANK = { anybody: 0, reader: 1, operator: 2, admin: 3 } as const
type Asking = 'none' | 'expired' | 'revoked' | 'reader' | 'operator' | 'admin'

/** Bearer heads by who asks. */
async function askings({ home }: RunningNode): Promise<Record<Asking, Record<string, string>>> {
  const nowMs = Date.now()
  const make = async (name: Asking): Promise<Record<string, string>> => {
    const role = name === 'reader' || name === 'operator' ? name : 'admin'
    const { text } = await addToken(home.directory, { name, role, days: 1, nowMs })
    return { authorization: `Bearer ${text}` }
  }
  const heads = { none: {}, expired: await make('expired'), revoked: await make('revoked'), reader: await make('reader'), operator: await make('operator'), admin: await make('admin') }
  await changeAccounts(home.directory, (now) => ({ ...now, tokens: now.tokens.map((token) => (token.name === 'expired' ? { ...token, expiresMs: nowMs - 1 } : token)) }))
  await revokeToken(home.directory, 'revoked')
  return heads
}

function mayAsk(asking: Asking, role: Operation['x-role']): boolean {
  if (role === 'anybody') return true
  return asking in RANK && RANK[asking as keyof typeof RANK] >= RANK[role]
}

/** One request without what the route needs beside the right: it gets as far as being refused for that, or is answered. */
async function ask(node: RunningNode, { path, method, operation }: { path: string; method: string; operation: Operation }, headers: Record<string, string>) {
  const [type] = Object.keys(operation.requestBody?.content ?? {})
  const response = await fetch(node.url + path.replaceAll(/\{\w+\}/g, 'x'), { method, headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) }, ...(type === undefined ? {} : { body: '' }) })
  if (response.headers.get('content-type')?.includes('json')) return readAnswer(response)
  await response.body?.cancel()
  return { status: response.status, headers: response.headers, json: {} as Record<string, unknown> }
}

suite('who may use which route', () => {
  test('every route of the description says so and keeps to it, for everybody', async () => {
    await withNode(async (node) => {
      const { paths } = (await getJson(node, '/openapi.json')).json as unknown as Description
      const all = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })))
      assert.ok(all.length > 25)
      for (const route of all) assert.notEqual((await ask(node, route, {})).json['code'], 'log-in-needed', 'without accounts nobody is asked')
      await addCheap(node.home.directory, 'anna', 'reader')
      const heads = await askings(node)
      const refused = { none: 'log-in-needed', expired: 'token-needed', revoked: 'token-needed', reader: 'role-needed', operator: 'role-needed', admin: 'role-needed' }
      for (const route of all) {
        const { method, operation } = route
        const { operationId } = operation
        const role = operation['x-role']
        assert.equal(role === 'anybody', ANYBODY.includes(operationId), operationId)
        assert.equal(role === 'reader', !ANYBODY.includes(operationId) && (method === 'GET' || READS.includes(operationId)), `${operationId}: config of the route says who may use it; what writes is for operators`)
        assert.deepEqual(operation.security, role === 'anybody' ? [] : [{}, { token: [] }, { session: [] }], operationId)
        for (const [asking, headers] of Object.entries(heads) as [Asking, Record<string, string>][]) {
          const answer = await ask(node, route, headers)
          const where = `${method} ${route.path} as ${asking}`
          if (!mayAsk(asking, role)) assertProblem(answer, { status: refused[asking] === 'role-needed' ? 403 : 401, code: refused[asking] })
          else assert.ok(![401, 403].includes(answer.status) || operationId === 'logIn', `${where}: ${answer.status} ${JSON.stringify(answer.json)}`)
        }
      }
    })
  })

  test('a route that forgot to say who may use it is for admins only; what is not there is told to readers only', async () => {
    await withNode(
      async (node) => {
        assert.equal((await getJson(node, '/v1/forgotten')).status, 200)
        await addCheap(node.home.directory, 'anna', 'reader')
        const heads = await askings(node)
        assertProblem(await getJson(node, '/v1/forgotten', heads.operator), { status: 403, code: 'role-needed' })
        assert.equal((await getJson(node, '/v1/forgotten', heads.admin)).status, 200)
        assertProblem(await getJson(node, '/v1/nothing'), { status: 401, code: 'log-in-needed' })
        assertProblem(await getJson(node, '/v1/nothing', heads.reader), { status: 404, code: 'no-such-route' })
      },
      { mounts: [(server) => void server.get('/v1/forgotten', () => ({}))] },
    )
  })
})
