import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = resolve(import.meta.dirname, '..')

/** Builds the pages where the sources changed, and says where they are. */
export function buildPages(): { dist: string; verifyFile: string } {
  const { status, stderr } = spawnSync(process.execPath, [resolve(folder, 'build/main.ts')], { encoding: 'utf8' })
  if (status !== 0) process.stderr.write(stderr)
  return { dist: resolve(folder, 'dist'), verifyFile: pathToFileURL(resolve(folder, 'dist/verify.html')).href }
}
