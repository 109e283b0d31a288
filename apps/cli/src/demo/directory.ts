import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '@telltale/core'
import { hasData } from '../session.ts'

/** Where the demonstration lies if nobody says otherwise; git ignores it. */
export const DEMO_DIRECTORY = join('.telltale', 'demo')

const FILES = 'files'
const MARK = 'this-is-a-demo'

/** Folder for the certificates that the demonstration writes. */
export function demoFiles(directory: string): string {
  return join(directory, FILES)
}

/** Whether a demonstration lies there; refuses a data directory that is somebody's own (`not-a-demo`). */
export async function hasDemo(directory: string): Promise<boolean> {
  if (await isDemo(directory)) return true
  if (!hasData(directory)) return false
  throw fail('not-a-demo', `${directory} holds a network that is not the demo's. Choose another directory with --data.`, { expected: 'a demo, or a new directory', found: directory })
}

export async function markDemo(directory: string): Promise<void> {
  await mkdir(demoFiles(directory), { recursive: true })
  await writeFile(join(demoFiles(directory), MARK), 'Made by `telltale demo`; `telltale demo --reset` removes all of it.\n')
}

/** Removes a demonstration, and nothing that is not one (`not-a-demo`). */
export async function removeDemo(directory: string): Promise<void> {
  if (!existsSync(directory) || !(await hasDemo(directory))) return
  await rm(directory, { recursive: true })
}

/** Whether a directory carries the mark of a demonstration. */
export async function isDemo(directory: string): Promise<boolean> {
  try {
    await readFile(join(demoFiles(directory), MARK))
    return true
  } catch {
    // Whatever the reason: without the mark nothing is taken for a demo, and nothing is removed.
    return false
  }
}
