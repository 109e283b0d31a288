/** What must not stand in the code. */
import type { Finding } from './finding.ts'
import type { Mark } from './syntax.ts'
import type { Source, Workspace } from './workspace.ts'

const rules: Record<Mark['kind'], { rule: string; advice: string; applies?: (source: Source) => boolean }> = {
  call: {
    rule: 'banned-call',
    advice: 'a pure package takes time and randomness as arguments',
    applies: ({ owner, isTest }) => owner?.pure === true && !isTest,
  },
  enum: { rule: 'enum', advice: 'not erasable; use a union of literals' },
  'export-all': { rule: 'export-all', advice: 'list the names on purpose' },
  only: { rule: 'test-only', advice: 'the other tests would not run' },
  throw: { rule: 'banned-call', advice: 'throw fail(code, message, facts) from @telltale/core, or assert for our own bugs' },
  unfinished: { rule: 'unfinished', advice: 'finish it or leave it out' },
}

export function checkBans({ sources }: Workspace): Finding[] {
  return sources.flatMap((source) => [
    ...(source.error === undefined ? [] : [{ rule: 'syntax', path: source.path, line: 1, message: source.error }]),
    ...source.marks
      .filter(({ kind }) => rules[kind].applies?.(source) ?? true)
      .map(({ kind, line, words }) => ({ rule: rules[kind].rule, path: source.path, line, message: `${words}: ${rules[kind].advice}` })),
  ])
}
