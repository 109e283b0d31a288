/** Names of files: kebab-case, and no heaps whose name says nothing. */
import { basename } from 'node:path/posix'
import type { Finding } from './finding.ts'
import type { Workspace } from './workspace.ts'

const fileName = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|d))?\.[a-z]+$/
const heaps = new Set(['common', 'helper', 'helpers', 'misc', 'shared', 'types', 'util', 'utils'])

export function checkNames({ sources }: Workspace): Finding[] {
  return sources.flatMap(({ path }) => {
    const file = basename(path)
    const stem = file.split('.', 1)[0] ?? ''
    if (!fileName.test(file)) return [{ rule: 'file-name', path, line: 1, message: `${file} is not kebab-case` }]
    if (heaps.has(stem)) return [{ rule: 'file-name', path, line: 1, message: `${file} says nothing about what is in it` }]
    return []
  })
}
