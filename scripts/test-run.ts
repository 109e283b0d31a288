/**
 * `npm test`: runs every test file, each in a process of its own, and ends with one line `N passed, N failed, N skipped`.
 * `npm test -- FILE...` runs only those files or folders. Exit 0 when all passed, 1 when one failed or the time was up,
 * 2 when a file does not exist. A suite or file that fails by itself (a hook, a syntax error) counts as one failure.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const root = resolve(import.meta.dirname, '..')
// Hundreds of processes load the same files: what Node made of each is kept, where the command keeps it too.
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules/.cache/telltale')
/** Only a run that hangs takes so long. */
const totalTimeMaxMs = 10 * 60_000

interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** Every `*.test.ts` under a folder, sorted; nothing where the folder does not exist. Those named `*-long.test.ts` run in the soak, or where they are named. */
function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Those that open a browser or run commands come first: they take longest, and nobody should wait for one alone at the end. */
function allFiles(): string[] {
  const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'test'))
  return ['apps/web/test', 'apps/cli/test', 'apps/simulator/test', 'test', ...packages, 'interop', 'scripts/test'].flatMap((folder) => filesUnder(join(root, folder))).filter((path) => !path.endsWith('-long.test.ts'))
}

/** Files that the arguments name, seen from where npm was called, else from the root; undefined stands for a missing one. */
function namedFiles(names: readonly string[]): string[] | undefined {
  const files: string[] = []
  for (const name of names) {
    const path = [process.env['INIT_CWD'] ?? root, root].map((base) => resolve(base, name)).find((candidate) => existsSync(candidate))
    if (path === undefined) {
      console.error(`Expected test files or folders; there is no ${name}.`)
      return undefined
    }
    files.push(...(statSync(path).isDirectory() ? filesUnder(path) : [path]))
  }
  return files
}

async function runFiles(files: readonly string[]): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  const unfinished = new Set(files)
  const durations: [ms: number, file: string][] = []
  const signal = AbortSignal.timeout(totalTimeMaxMs)
  const events = run({ files, concurrency: availableParallelism() + 2, signal })
  events.on('test:pass', (event) => {
    if (event.skip !== undefined || event.todo !== undefined) counts.skipped += 1
    else if (event.details.type !== 'suite') counts.passed += 1
  })
  events.on('test:fail', (event) => {
    const error = event.details.error as Error & { failureType?: string }
    if (event.todo !== undefined) counts.skipped += 1
    else if (error.failureType !== 'subtestsFailed') counts.failed += 1
  })
  events.on('test:summary', (event) => {
    if (event.file === undefined) return
    unfinished.delete(event.file)
    durations.push([event.duration_ms, relative(root, event.file)])
  })
  const report = events.compose(spec)
  for await (const part of report) process.stdout.write(part as string)
  if (signal.aborted) {
    const names = [...unfinished].map((file) => relative(root, file)).join(', ')
    console.error(`The tests were stopped after ${totalTimeMaxMs / 60_000} minutes. Not finished: ${names}`)
    counts.failed = Math.max(counts.failed, 1)
  }
  if (files.length > 20) console.log(`Slowest: ${durations.sort(([a], [b]) => b - a).slice(0, Number(process.env['SLOWEST'] ?? 12)).map(([ms, file]) => `${file} ${Math.round(ms / 1000)} s`).join(', ')}`)
  return counts
}

const names = process.argv.slice(2)
const files = names.length === 0 ? allFiles() : namedFiles(names)
if (files === undefined) {
  process.exitCode = 2
} else if (files.length === 0) {
  console.error('There are no files named *.test.ts there.')
  process.exitCode = 1
} else {
  const { passed, failed, skipped } = await runFiles(files)
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  process.exitCode = failed === 0 ? 0 : 1
}
