import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseSync, visitorKeys } from 'oxc-parser'

/** One check of the verifier, and the source that is left when it is gone. */
export interface Check {
  /** From the root of the project. */
  path: string
  line: number
  /** The condition that it looks at and what it throws, in one line. */
  words: string
  /** Codes that it throws, as far as they stand there. */
  codes: string[]
  start: number
  end: number
  replacement: string
}

interface Node {
  type: string
  start: number
  end: number
  [key: string]: unknown
}

export const ROOT = resolve(import.meta.dirname, '../../../..')

const VERIFIER = 'packages/certificate/src/verify'
const READERS = ['packages/certificate/src/certificate.ts', 'packages/core/src/checkpoint/authority-set.ts', 'packages/core/src/checkpoint/checkpoint.ts', 'packages/core/src/checkpoint/link.ts']

/** What keeps a lamp from being green without throwing. */
const NOT_GREEN = /isOpen: true|state: '(?:attention|refuted|unknown)'|return false/

/** Every check of the verifier and of the readers that it stands on, in the order of files and lines. */
export function findChecks(): Check[] {
  const verifier = readdirSync(join(ROOT, VERIFIER)).filter((name) => name.endsWith('.ts')).sort()
  return [...READERS, ...verifier.map((name) => `${VERIFIER}/${name}`)].flatMap((path) => checksIn(path, readFileSync(join(ROOT, path), 'utf8')))
}

/**
 * A check is a `throw` of a new error, or an early `return` of something that is not green: removed with the `if` before it, or by itself. Where several conditions
 * lead to one, each of them is a check too.
 */
export function checksIn(path: string, source: string): Check[] {
  const checks: Check[] = []
  const add = (node: Node, from: Node, replacement: string): void => {
    const words = source.slice(node.start, node.end).replaceAll(/\s+/g, ' ')
    const thrown = source.slice(from.start, from.end)
    checks.push({ path, line: source.slice(0, node.start).split('\n').length, words, codes: [...thrown.matchAll(/'([a-z]+(?:-[a-z]+)+|surplus|unsorted)'/g)].map((match) => match[1] as string), start: node.start, end: node.end, replacement })
  }
  const visit = (node: Node, parent: Node | null): void => {
    const isThrow = node.type === 'ThrowStatement' && (node['argument'] as Node).type === 'CallExpression'
    const isReturn = node.type === 'ReturnStatement' && NOT_GREEN.test(source.slice(node.start, node.end))
    const condition = isThrow || isReturn ? conditionOf(node, parent) : null
    if (isThrow || condition) {
      if (!condition) add(node, node, '{}')
      else {
        const rest = condition['alternate'] as Node | null
        add(condition, node, rest ? source.slice(rest.start, rest.end) : '{}')
        for (const operand of operandsOf(condition['test'] as Node)) add(operand, node, 'false')
      }
    }
    for (const child of childrenOf(node)) visit(child, node.type === 'BlockStatement' && (node['body'] as Node[]).length === 1 ? parent : node)
  }
  visit(parseSync(path, source).program as unknown as Node, null)
  return checks
}

/** The `if` whose only consequence this throw is. */
function conditionOf(node: Node, parent: Node | null): Node | null {
  if (parent?.type !== 'IfStatement') return null
  const consequent = parent['consequent'] as Node
  return node.start >= consequent.start && node.end <= consequent.end ? parent : null
}

/** `a`, `b` and `c` of `a || b || c`; nothing where there is only one condition. */
function operandsOf(test: Node): Node[] {
  const flatten = (node: Node): Node[] => {
    const inner = node.type === 'ParenthesizedExpression' ? (node['expression'] as Node) : node
    return inner.type === 'LogicalExpression' && inner['operator'] === '||' ? [...flatten(inner['left'] as Node), ...flatten(inner['right'] as Node)] : [node]
  }
  const operands = flatten(test)
  return operands.length > 1 ? operands : []
}

function childrenOf(node: Node): Node[] {
  return (visitorKeys[node.type] ?? []).flatMap((key) => node[key]).filter((child): child is Node => typeof child === 'object' && child !== null)
}
