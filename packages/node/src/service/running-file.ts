import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '../keys/durable-file.ts'

/** `running.json` in a data directory: where its node can be reached, and the secret by which whoever may read the directory may tell it to do things. */
export interface Running {
  url: string
  pid: number
  control: string
  /** What to open in a browser; holds the key of the desk where there is one. */
  link: string
}

const RUNNING_FILE = 'running.json'

/** The header that carries the secret. */
export const CONTROL_HEADER = 'x-telltale-control'

export async function writeRunning(directory: string, running: Running): Promise<void> {
  await writeDurably(join(directory, RUNNING_FILE), Buffer.from(`${JSON.stringify(running, null, 2)}\n`), { mode: 0o600, replace: true })
}

/** What a node wrote when it started; it may have been killed since. Null where there is none that can be read. */
export async function readRunning(directory: string): Promise<Running | null> {
  try {
    const { url, pid, control, link } = JSON.parse(await readFile(join(directory, RUNNING_FILE), 'utf8')) as Partial<Running>
    return typeof url === 'string' && typeof pid === 'number' && typeof control === 'string' && typeof link === 'string' ? { url, pid, control, link } : null
  } catch {
    // A file that cannot be read says no more than none.
    return null
  }
}

export async function removeRunning(directory: string): Promise<void> {
  await rm(join(directory, RUNNING_FILE), { force: true })
}
