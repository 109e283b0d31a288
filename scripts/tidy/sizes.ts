/** Sizes: a long file or function is two ideas. */
import type { Finding } from './finding.ts'
import type { Workspace } from './workspace.ts'

const fileLinesMax = 400
const functionLinesMax = 70

export function checkSizes({ sources }: Workspace): Finding[] {
  return sources.flatMap(({ path, lines, functions }) => [
    ...(lines > fileLinesMax ? [{ rule: 'file-length', path, line: 1, message: `has ${lines} lines; at most ${fileLinesMax}` }] : []),
    ...functions
      .filter((one) => one.lines > functionLinesMax)
      .map((one) => ({ rule: 'function-length', path, line: one.line, message: `${one.name} has ${one.lines} lines; at most ${functionLinesMax}` })),
  ])
}
