import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseSync, visitorKeys } from 'oxc-parser'

const root = resolve(import.meta.dirname, '..')

interface Tree {
  type: string
  [key: string]: unknown
}

/** `testing` and `simulator` only ever run in tests: nobody is shown their codes. What is generated names fields, and gives none. */
function sources(): string[] {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(group, name, 'src')))
    .filter((folder) => folder !== join('packages', 'testing', 'src') && folder !== join('apps', 'simulator', 'src'))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.ts') && !path.split(sep).includes('generated'))
}

function nodesOf(tree: Tree): Tree[] {
  const children = (visitorKeys[tree.type] ?? []).flatMap((key) => tree[key]).filter((child): child is Tree => typeof child === 'object' && child !== null)
  return [tree, ...children.flatMap(nodesOf)]
}

function nameOf(node: unknown): string | undefined {
  return (node as { name?: string } | null | undefined)?.name
}

/** Functions and classes that are given a code, with the place of the parameter: `fail`, `refuse`, and whatever wraps them. */
function makersOf(nodes: Tree[]): [string, number][] {
  return nodes.flatMap((node): [string, number][] => {
    const { name, parameters } = functionOf(node)
    const place = parameters.findIndex((parameter) => nameOf(parameter) === 'code')
    return name !== undefined && place >= 0 ? [[name, place]] : []
  })
}

function functionOf(node: Tree): { name: string | undefined; parameters: Tree[] } {
  if (node.type === 'FunctionDeclaration') return { name: nameOf(node['id']), parameters: node['params'] as Tree[] }
  if (node.type === 'VariableDeclarator') return { name: nameOf(node['id']), parameters: ((node['init'] as Tree | null)?.['params'] as Tree[] | undefined) ?? [] }
  if (node.type !== 'ClassDeclaration') return { name: undefined, parameters: [] }
  const made = ((node['body'] as Tree)['body'] as Tree[]).find((member) => member['kind'] === 'constructor')
  return { name: nameOf(node['id']), parameters: ((made?.['value'] as Tree | undefined)?.['params'] as Tree[] | undefined) ?? [] }
}

/** Codes that are written out: as an argument of a maker, as the first of `super`, or as the member `code` of a verdict. */
function codesOf(node: Tree, makers: Map<string, number>): string[] {
  if (node.type === 'CallExpression' || node.type === 'NewExpression') {
    const callee = node['callee'] as Tree
    const place = callee.type === 'Super' ? 0 : makers.get(nameOf(callee) ?? '')
    return place === undefined ? [] : literalsOf((node['arguments'] as Tree[])[place])
  }
  return node.type === 'Property' && nameOf(node['key']) === 'code' ? literalsOf(node['value'] as Tree) : []
}

/** A literal, or both ends of a choice between literals; a code that is handed on stands in full elsewhere. */
function literalsOf(node: Tree | undefined): string[] {
  if (node?.type === 'Literal') return typeof node['value'] === 'string' && /^[a-z]+(-[a-z]+)*$/.test(node['value']) ? [node['value']] : []
  return node?.type === 'ConditionalExpression' ? [...literalsOf(node['consequent'] as Tree), ...literalsOf(node['alternate'] as Tree)] : []
}

it('docs/codes.md lists every code that the sources can give, each once, and no other', () => {
  const nodes = sources().flatMap((path) => nodesOf(parseSync(path, readFileSync(join(root, path), 'utf8')).program as unknown as Tree))
  const makers = new Map([...makersOf(nodes), ['UsageError', 0] as const])
  const given = [...new Set(nodes.flatMap((node) => codesOf(node, makers)))].sort()
  const documented = [...readFileSync(join(root, 'docs/codes.md'), 'utf8').matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1] as string)
  assert.ok(makers.has('fail') && given.includes('wrong-shape'), 'codes are found at all')
  assert.deepEqual(documented.toSorted(), given)
})
