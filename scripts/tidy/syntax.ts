/** What the rules need to know of one source file, read from its syntax tree; text inside strings and comments is never mistaken for code. */
import { parseSync, visitorKeys } from 'oxc-parser'

export interface Import {
  specifier: string
  line: number
  /** `import type`, `export type` and `import('x').T`: erased before the file runs. */
  typeOnly: boolean
}

export interface FunctionSize {
  name: string
  line: number
  /** Its lines without those of named functions inside it: what has a name is measured by itself. */
  lines: number
}

export interface Mark {
  line: number
  kind: 'call' | 'enum' | 'export-all' | 'only' | 'throw' | 'unfinished'
  /** The words in the source that make the mark, for instance `Date.now`. */
  words: string
}

export interface Syntax {
  imports: Import[]
  functions: FunctionSize[]
  marks: Mark[]
  /** The first syntax error, if the file cannot be read. */
  error: string | undefined
}

interface Tree {
  type: string
  start: number
  end: number
  [key: string]: unknown
}

interface Span {
  first: number
  last: number
}

interface OpenFunction extends Span {
  name: string | undefined
  /** Spans of the named functions directly or indirectly inside it, the outermost of each. */
  inner: Span[]
}

const functionTypes = new Set(['ArrowFunctionExpression', 'FunctionDeclaration', 'FunctionExpression'])
// Spelled so that a search for unfinished work does not stop here.
const unfinishedWords = /\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b/
const builtInErrors = /^(?:Aggregate|Eval|Range|Reference|Syntax|Type|URI)?Error$/
const testCalls = new Set(['describe', 'it', 'suite', 'test'])

export function readSyntax(path: string, text: string): Syntax {
  const parsed = parseSync(path, text)
  const lineAt = lineFinder(text)
  const syntax: Syntax = { imports: [], functions: [], marks: [], error: parsed.errors[0]?.message }
  const open: OpenFunction[] = []

  const visit = (node: Tree, parent: Tree | undefined): void => {
    const imported = importOf(node)
    if (imported !== undefined) syntax.imports.push({ ...imported, line: lineAt(node.start) })
    const mark = markOf(node)
    if (mark !== undefined) syntax.marks.push({ ...mark, line: lineAt(node.start) })
    const isFunction = functionTypes.has(node.type)
    if (isFunction) open.push({ name: nameOfFunction(node, parent), first: lineAt(node.start), last: lineAt(node.end - 1), inner: [] })
    for (const child of childrenOf(node)) visit(child, node)
    if (isFunction) closeFunction(open, syntax.functions)
  }

  visit(parsed.program as unknown as Tree, undefined)
  for (const comment of parsed.comments) {
    const words = unfinishedWords.exec(comment.value)
    if (words !== null) syntax.marks.push({ kind: 'unfinished', words: words[0], line: lineAt(comment.start + words.index) })
  }
  return syntax
}

function lineFinder(text: string): (offset: number) => number {
  const ends = [...text.matchAll(/\n/g)].map((match) => match.index)
  return (offset) => {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ends[middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}

function childrenOf(node: Tree): Tree[] {
  return (visitorKeys[node.type] ?? []).flatMap((key) => node[key]).filter((child): child is Tree => typeof child === 'object' && child !== null)
}

function textOf(node: unknown): string | undefined {
  const value = (node as Tree | null | undefined)?.['value']
  return typeof value === 'string' ? value : undefined
}

function nameOf(node: unknown): string | undefined {
  const name = (node as Tree | null | undefined)?.['name']
  return typeof name === 'string' ? name : textOf(node)
}

function importOf(node: Tree): Omit<Import, 'line'> | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return toImport(node['source'], node['importKind'] === 'type')
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return toImport(node['source'], node['exportKind'] === 'type')
    case 'ImportExpression':
      return toImport(node['source'], false)
    case 'TSImportType':
      return toImport(node['source'] ?? node['argument'], true)
    case 'CallExpression':
      return nameOf(node['callee']) === 'require' ? toImport((node['arguments'] as Tree[])[0], false) : undefined
    default:
      return undefined
  }
}

function toImport(source: unknown, typeOnly: boolean): Omit<Import, 'line'> | undefined {
  const specifier = textOf(source)
  return specifier === undefined ? undefined : { specifier, typeOnly }
}

function markOf(node: Tree): Omit<Mark, 'line'> | undefined {
  switch (node.type) {
    case 'TSEnumDeclaration':
      return { kind: 'enum', words: `enum ${nameOf(node['id']) ?? ''}` }
    case 'ExportAllDeclaration':
      return { kind: 'export-all', words: 'export *' }
    case 'ThrowStatement': {
      const thrown = node['argument'] as Tree
      const name = thrown.type === 'NewExpression' || thrown.type === 'CallExpression' ? nameOf(thrown['callee']) : undefined
      return name !== undefined && builtInErrors.test(name) ? { kind: 'throw', words: `throw new ${name}(` } : undefined
    }
    case 'MemberExpression': {
      const words = `${nameOf(node['object']) ?? ''}.${nameOf(node['property']) ?? ''}`
      if (words === 'Date.now' || words === 'Math.random') return { kind: 'call', words }
      return words.endsWith('.only') && testCalls.has(words.slice(0, -5)) ? { kind: 'only', words } : undefined
    }
    case 'CallExpression':
    case 'NewExpression':
      return nameOf(node['callee']) === 'Date' && (node['arguments'] as Tree[]).length === 0 ? { kind: 'call', words: 'new Date()' } : undefined
    default:
      return undefined
  }
}

/** The name of a declared function, or of the variable, property or method that a function is put into, or of a test; other callbacks have none. */
function nameOfFunction(node: Tree, parent: Tree | undefined): string | undefined {
  if (node['id'] !== null && node['id'] !== undefined) return nameOf(node['id'])
  if (parent?.type === 'VariableDeclarator') return nameOf(parent['id'])
  if (parent?.type === 'MethodDefinition' || parent?.type === 'Property' || parent?.type === 'PropertyDefinition') return nameOf(parent['key'])
  if (parent?.type !== 'CallExpression' || node === parent['callee']) return undefined
  const callee = parent['callee'] as Tree
  const called = nameOf(callee.type === 'MemberExpression' ? callee['property'] : callee)
  if (called === undefined || !testCalls.has(called)) return undefined
  return textOf((parent['arguments'] as Tree[])[0]) ?? `a ${called}`
}

function closeFunction(open: OpenFunction[], functions: FunctionSize[]): void {
  const closed = open.pop()
  if (closed === undefined) return
  const innerLines = closed.inner.reduce((sum, span) => sum + span.last - span.first + 1, 0)
  functions.push({ name: closed.name ?? 'an unnamed function', line: closed.first, lines: closed.last - closed.first + 1 - innerLines })
  open.at(-1)?.inner.push(...(closed.name === undefined ? closed.inner : [closed]))
}
