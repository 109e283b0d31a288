/** The tests that take too long for `npm test`: every `*-long.test.ts`. */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const files = globSync('{apps,packages}/*/test/**/*-long.test.ts', { cwd: root }).concat(globSync('test/**/*-long.test.ts', { cwd: root }))
process.exitCode = spawnSync(process.execPath, [join(root, 'scripts/test-run.ts'), ...files], { cwd: root, stdio: 'inherit' }).status ?? 1
