/**
 * Writes docs/openapi.json as a node gives it, and from it the types of the client and the forms that it holds answers against: `node scripts/client-types.ts`, after a
 * route was changed. `--check` only tells whether all are up to date (exit 1 where not).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { withExampleNode } from '../test/api-docs/example-node.ts'

interface Schema {
  $ref?: string
  type?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  description?: string
}

type Content = Record<string, { schema: Schema }>

interface Operation {
  operationId: string
  summary: string
  parameters?: { in: 'path' | 'query'; name: string; required?: boolean; schema: Schema }[]
  requestBody?: { content: Content }
  responses: Record<string, { content?: Content }>
}

interface Description {
  components: { schemas: Record<string, Schema> }
  paths: Record<string, Record<string, Operation>>
}

const root = resolve(import.meta.dirname, '..')

/** What the files should hold, by their path from the root. */
async function makeFiles(): Promise<Record<string, string>> {
  return withExampleNode(async (url) => {
    const description = (await (await fetch(`${url}/openapi.json`)).json()) as Description
    return { 'docs/openapi.json': `${JSON.stringify(description, null, 2)}\n`, 'packages/client/src/generated/operations.ts': typesOf(description), 'packages/client/src/generated/answer-forms.ts': formsOf(description) }
  })
}

function typesOf({ components, paths }: Description): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })))
  return [
    '// Written by scripts/client-types.ts from docs/openapi.json; not to be edited.',
    '',
    ...Object.entries(components.schemas).map(([name, schema]) => `export interface ${name} ${typeOf(schema)}\n`),
    '/** What each operation takes and gives, by its name in the description. */',
    'export interface Operations {',
    ...operations.map(({ operation }) => operationType(operation)),
    '}',
    '',
    'export const OPERATIONS = {',
    ...operations.map(({ path, method, operation }) => `  ${operation.operationId}: { method: '${method}', path: '${path}', gives: '${givesOf(operation)}' },`),
    '} as const',
    '',
  ].join('\n')
}

function operationType({ operationId, summary, parameters = [], requestBody, responses }: Operation): string {
  const named = (place: 'path' | 'query'): string => {
    const fields = parameters.filter((parameter) => parameter.in === place).map(({ name, required, schema }) => `${name}${required === true ? '' : '?'}: ${typeOf(schema)}`)
    return fields.length === 0 ? 'Record<never, never>' : `{ ${fields.join('; ')} }`
  }
  const body = requestBody?.content['application/json']?.schema
  const taken = requestBody === undefined ? 'undefined' : body ? typeOf(body) : 'Uint8Array'
  const json = responses['200']?.content?.['application/json']?.schema
  const given = json ? typeOf(json) : givesOf({ responses }) === 'bytes' ? 'Uint8Array' : 'string'
  return `  /** ${summary}. */\n  ${operationId}: { path: ${named('path')}; query: ${named('query')}; body: ${taken}; gives: ${given} }`
}

function givesOf({ responses }: Pick<Operation, 'responses'>): 'json' | 'bytes' | 'text' {
  const types = Object.keys(responses['200']?.content ?? {})
  if (types.includes('application/json')) return 'json'
  return types.some((type) => type.startsWith('text/')) ? 'text' : 'bytes'
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1) as string
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value).replaceAll('"', "'")).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const).replaceAll('"', "'")
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ')
  if (schema.type === 'array') return `(${typeOf(schema.items ?? {})})[]`
  if (schema.type === 'object') return `{ ${Object.entries(schema.properties ?? {}).map(([name, inner]) => `${name}${schema.required?.includes(name) === true ? '' : '?'}: ${typeOf(inner)}`).join('; ')} }`
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  return schema.type === 'string' || schema.type === 'boolean' || schema.type === 'null' ? schema.type : 'unknown'
}

/** The form of each JSON answer, for the client to check at run time. */
function formsOf({ components, paths }: Description): string {
  const lines = Object.values(paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ operationId, responses }) => {
      const json = responses['200']?.content?.['application/json']?.schema
      return json ? [`  ${operationId}: ${formOf(json, components)},`] : []
    }),
  )
  return [
    '// Written by scripts/client-types.ts from docs/openapi.json; not to be edited.',
    '',
    "import type { AnswerForm } from '../answer-form.ts'",
    '',
    '/** The form of each JSON answer, by operation. */',
    'export const ANSWER_FORMS: Readonly<Record<string, AnswerForm>> = {',
    ...lines,
    '}',
    '',
  ].join('\n')
}

/** Words that are one of several count as text: a newer node may know another. */
function formOf(schema: Schema, components: Description['components']): string {
  if (schema.$ref !== undefined) return formOf(components.schemas[schema.$ref.split('/').at(-1) as string] as Schema, components)
  if (schema.enum || typeof schema.const === 'string') return "'string'"
  if (schema.anyOf) return `{ any: [${[...new Set(schema.anyOf.map((one) => formOf(one, components)))].join(', ')}] }`
  if (schema.type === 'array') return `{ list: ${formOf(schema.items ?? {}, components)} }`
  if (schema.type === 'object') return `{ of: { ${Object.entries(schema.properties ?? {}).map(([name, inner]) => `${schema.required?.includes(name) === true ? name : `'${name}?'`}: ${formOf(inner, components)}`).join(', ')} } }`
  if (schema.type === 'integer' || schema.type === 'number') return "'number'"
  return schema.type === 'string' || schema.type === 'boolean' || schema.type === 'null' ? `'${schema.type}'` : "'anything'"
}

const isCheck = process.argv.includes('--check')
for (const [path, text] of Object.entries(await makeFiles())) {
  if (!isCheck) writeFileSync(join(root, path), text)
  else if (readFileSync(join(root, path), 'utf8') !== text) {
    console.error(`${path} is not what the node's description makes of it; run: node scripts/client-types.ts`)
    process.exitCode = 1
  }
}
