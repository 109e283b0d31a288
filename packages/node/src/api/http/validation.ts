import type { FastifySchemaCompiler } from 'fastify'
import { Compile } from 'typebox/compile'
import { fail } from '@telltale/core'
import type { TSchema } from 'typebox'
import { FORMATS } from '../schema.ts'

/** Numbers of a query as people and programs write them: no sign, no exponent, no leading zero. */
const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,15})$/

interface ObjectSchema {
  properties?: Record<string, { type?: string; enum?: unknown[] }>
}

interface Issue {
  keyword: string
  instancePath: string
  message: string
  params: Record<string, unknown>
}

/**
 * Checks what comes in against its schema: nothing is converted, dropped or filled in (`malformed-request`, `unknown-field`). Only in paths and queries, where everything
 * is text, whole numbers and booleans are read first.
 */
export const createValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema)
  const isText = httpPart === 'querystring' || httpPart === 'params'
  return (given: unknown) => {
    const value = isText ? readText(schema, given as Record<string, unknown>) : given
    if (check.Check(value)) return { value }
    return { error: refusal(httpPart ?? 'body', check.Errors(value), value) }
  }
}

function readText({ properties = {} }: ObjectSchema, given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const type = Object.hasOwn(properties, name) ? properties[name]?.type : undefined
      if (typeof value !== 'string') return [name, value]
      if (type === 'integer' && WHOLE_NUMBER.test(value)) return [name, Number(value)]
      if (type === 'boolean' && (value === 'true' || value === 'false')) return [name, value === 'true']
      return [name, value]
    }),
  )
}

const PARTS: Record<string, string> = { querystring: 'query', params: 'path', headers: 'headers', body: 'body' }

function refusal(httpPart: string, issues: Issue[], value: unknown): Error {
  const part = PARTS[httpPart] ?? httpPart
  const surplus = issues.find(({ keyword }) => keyword === 'additionalProperties')
  if (surplus) {
    const names = (surplus.params['additionalProperties'] as string[] | undefined) ?? []
    return fail('unknown-field', `The ${part} has a field that this route does not know.`, { expected: 'only the fields of /openapi.json', found: names.join(', ').slice(0, 80) })
  }
  const [issue] = issues
  const place = `${part}${(issue?.instancePath ?? '').replaceAll('/', '.')}`
  return fail('malformed-request', `The ${place} is not as this route expects it.`, { expected: expectedBy(issue), found: foundAt(value, issue?.instancePath ?? '') })
}

/** A pattern is said in words. */
function expectedBy(issue: Issue | undefined): string {
  const pattern = issue?.keyword === 'pattern' ? issue.params['pattern'] : null
  if (typeof pattern === 'string') return FORMATS.get(pattern) ?? 'what /openapi.json says'
  return issue?.message ?? 'what /openapi.json says'
}

/** What stood where the refusal points, shortened; a body is only described. */
function foundAt(value: unknown, path: string): string {
  const found = path.split('/').slice(1).reduce<unknown>((inner, name) => (typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name) ? (inner as Record<string, unknown>)[name] : undefined), value)
  if (typeof found === 'string') return found.slice(0, 80)
  if (typeof found === 'number' || typeof found === 'boolean') return String(found)
  if (found === undefined || found === null) return 'nothing'
  return Array.isArray(found) ? `an array of ${found.length}` : 'an object'
}
