import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { suite, test } from 'node:test'
import { readExamples, runExamples } from './api-docs/examples.ts'
import { withExampleNode } from './api-docs/example-node.ts'

const docs = join(resolve(import.meta.dirname, '..'), 'docs')
const page = readFileSync(join(docs, 'api.md'), 'utf8')

interface Description {
  paths: Record<string, Record<string, { operationId: string; summary?: string; responses: Record<string, unknown> }>>
}

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'])
    return true
  } catch {
    return false
  }
}

suite('docs/api.md', () => {
  test('its commands print what it says', { skip: hasCurl() ? false : 'there is no curl' }, async () => {
    const examples = readExamples(page)
    assert.ok(examples.length >= 15, 'examples are found')
    const printed = await runExamples(examples)
    examples.forEach((example, i) => assert.equal(printed[i], example.printed, example.command))
  })

  test('names every route of the description, which names every route of the node', async () => {
    const description = await withExampleNode(async (url) => (await (await fetch(`${url}/openapi.json`)).json()) as Description)
    const routes = Object.entries(description.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    assert.ok(routes.length > 20)
    const listed = [...page.matchAll(/^\| `((?:GET|POST|DELETE) [^`]+)` \|/gm)].map((match) => match[1] as string)
    assert.deepEqual(listed.toSorted(), routes.toSorted())
    for (const methods of Object.values(description.paths)) for (const { summary, responses } of Object.values(methods)) assert.ok(summary && '200' in responses && '400' in responses)
  })

  test('docs/metrics.md lists every figure that a node gives, and no other', async () => {
    const text = await withExampleNode(async (url) => (await fetch(`${url}/metrics`)).text())
    const given = [...text.matchAll(/^# TYPE (\S+) /gm)].map((match) => match[1] as string)
    const listed = [...readFileSync(join(docs, 'metrics.md'), 'utf8').matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map((match) => match[1] as string)
    assert.ok(given.length > 20)
    assert.deepEqual(listed.toSorted(), given.toSorted())
  })
})
