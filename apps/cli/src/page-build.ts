import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Output } from './output.ts'

const WEB = resolve(import.meta.dirname, '../../web')
const BUILD = join(WEB, 'build/main.ts')

/** Where the pages are once they are built. */
export const PAGES = join(WEB, 'dist')

/** Builds the pages where their sources changed since the last time: a few seconds the first time, a moment afterwards. A node runs without them, too. */
export async function buildPages(output: Output): Promise<void> {
  if (!existsSync(BUILD)) return
  if (!existsSync(PAGES)) output.say('Building the pages, once.')
  const problem = await new Promise<string | null>((done) => {
    const child = spawn(process.execPath, [BUILD, '--quiet'], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (part: Buffer) => (said += part.toString()))
    child.on('error', (error) => done(error.message))
    child.on('exit', (code) => done(code === 0 ? null : said.trim().split('\n').at(-1) || `exit code ${code}`))
  })
  if (problem !== null) output.warn(`The pages could not be built (${problem}); the node goes on without them.`)
}
