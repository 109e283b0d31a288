/**
 * `npm run check`: everything that can be said about the code without running it. All checks run, also after one has failed;
 * `npm run check -- types tidy` runs only those. Exit 0 when all are clean, 1 when one is not, 2 for an unknown name.
 */
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const installed = (path: string): string => join(root, 'node_modules', path)

/** What runs, in this order; all of them are JavaScript or TypeScript run by the Node that runs this file. */
const checks: Record<string, { means: string; command: string[] }> = {
  pure: { means: 'types of the packages without clock, randomness and I/O', command: [installed('typescript/bin/tsc'), '-p', 'tsconfig.pure.json'] },
  types: { means: 'types of everything', command: [installed('typescript/bin/tsc'), '-p', 'tsconfig.json'] },
  web: { means: 'types of the pages', command: [installed('typescript/bin/tsc'), '-p', 'tsconfig.web.json'] },
  lint: { means: 'oxlint, with types', command: [installed('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings'] },
  tidy: { means: 'layers, cycles, sizes, names, banned calls', command: [join(root, 'scripts/tidy.ts')] },
  lock: { means: 'package-lock.json is complete for all platforms', command: [join(root, 'scripts/lock.ts'), '--check'] },
  knip: { means: 'unused files, exports and dependencies', command: [installed('knip/bin/knip.js'), '--no-config-hints'] },
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => checks[name] === undefined)
if (unknown.length > 0) {
  console.error(`Expected ${Object.keys(checks).join(', ')}; found ${unknown.join(', ')}.`)
  process.exit(2)
}

const failed: string[] = []
for (const [name, { means, command }] of Object.entries(checks)) {
  if (names.length > 0 && !names.includes(name)) continue
  const startedMs = performance.now()
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' })
  if (status !== 0) failed.push(name)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'clean ' : 'FAILED'} ${name.padEnd(5)} ${means} (${seconds} s)`)
}
if (failed.length > 0) console.error(`Not clean: ${failed.join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1
