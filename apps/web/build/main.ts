/**
 * Builds the pages into apps/web/dist: the application, and `verify.html`, the verify page as one file that works from anywhere. Does nothing where the sources are
 * those of the last build. `--force` builds anyway, `--quiet` says nothing. Exit 0 when dist is up to date.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { compressPages } from './compression.ts'
import { buildApplication, buildSingleFile } from './configuration.ts'

const folder = resolve(import.meta.dirname, '..')
const root = resolve(folder, '../..')
const dist = join(folder, 'dist')
/** Everything that ends up in the pages, and what makes them; the lock file stands for all packages of others. */
const sources = ['apps/web/src', 'apps/web/build', 'apps/web/index.html', 'apps/web/verify.html', 'packages/core/src', 'packages/ledger/src', 'packages/certificate/src', 'packages/client/src', 'docs/codes.md', 'package-lock.json']

function hashSources(): string {
  const hash = createHash('sha256')
  for (const source of sources.map((path) => join(root, path)).filter((path) => existsSync(path))) {
    const files = source.includes('.') && !source.endsWith('src') ? [source] : filesUnder(source)
    for (const file of files) hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

function filesUnder(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function isBuilt(hash: string): boolean {
  const mark = join(dist, '.built')
  return existsSync(mark) && readFileSync(mark, 'utf8') === hash
}

/** Another process may have built the same in the meantime: then its pages stay. */
function putInPlace(made: string, hash: string): void {
  rmSync(dist, { recursive: true, force: true })
  try {
    renameSync(made, dist)
  } catch (error) {
    if (!isBuilt(hash)) throw error
  }
}

const hash = hashSources()
if (process.argv.includes('--force') || !isBuilt(hash)) {
  const startedMs = performance.now()
  // Built beside the old pages and put in their place at the end, so that nobody is served half of them.
  const made = join(folder, `dist.${process.pid}`)
  mkdirSync(made, { recursive: true })
  try {
    await buildApplication(folder, made)
    await buildSingleFile(folder, made)
    compressPages(made)
    writeFileSync(join(made, '.built'), hash)
    putInPlace(made, hash)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
  if (!process.argv.includes('--quiet')) console.error(`Pages built in ${((performance.now() - startedMs) / 1000).toFixed(1)} s.`)
}
