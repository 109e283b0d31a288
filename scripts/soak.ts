/**
 * `npm run soak`: runs the long tests, test/soak/*.ts, one after the other; arguments choose files by a part of their name.
 * Each is a program of its own whose exit code says whether it held. Exit 0 when all did, 1 otherwise.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'test/soak')
const parts = process.argv.slice(2)

const files = (existsSync(folder) ? readdirSync(folder) : [])
  .filter((name) => name.endsWith('.ts') && (parts.length === 0 || parts.some((part) => name.includes(part))))
  .sort()

const failed = files.filter((name) => {
  console.log(`\n${name}`)
  return spawnSync(process.execPath, [join(folder, name)], { cwd: root, stdio: 'inherit' }).status !== 0
})

if (files.length === 0) console.error(`There are no soak tests${parts.length === 0 ? '' : ` named like ${parts.join(' or ')}`} in test/soak.`)
else console.log(`\n${files.length - failed.length} of ${files.length} soak tests held${failed.length === 0 ? '' : `; not: ${failed.join(', ')}`}.`)
process.exitCode = files.length > 0 && failed.length === 0 ? 0 : 1
