import { lstat, mkdir, rm } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { bytesToHex, fail } from '@telltale/core'
import { initHome, openHome } from '@telltale/node'
import { failureOf } from '../failure.ts'
import { requireNetworkName } from '../network-name.ts'
import { shellWord } from '../shell-word.ts'

export interface OwnNetworkRequest {
  name: string
  /** Undefined: the keys have none. */
  password: string | undefined
  /** Name of the new folder. */
  folder: string
}

export interface OwnNetwork {
  /** The whole path. */
  directory: string
  /** Fingerprint. */
  network: string
  name: string
  hasPassword: boolean
  /** What starts it, typed in `from`. */
  command: string
  from: string
}

/** What somebody types every day keeps nobody out for long if it is shorter. */
export const PASSWORD_CHARACTERS_MIN = 8
const FOLDER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** The folder in which networks are made from a demonstration: beside it, where removing it removes nothing else. */
export function folderBeside(demo: string): string {
  return dirname(resolve(demo))
}

/**
 * Makes a network beside the demonstration, as `telltale init` does; nothing of the demonstration reaches it. Checks, cheap ones first: the name
 * (`malformed-name`), the password (`password-too-short`), the folder, which is one name and so leads nowhere else (`malformed-folder`), and that nothing is there
 * yet, not even a link to somewhere (`folder-exists`). What the system refuses has the code of `failureOf`.
 */
export async function createOwnNetwork(demo: string, { name, password, folder }: OwnNetworkRequest): Promise<OwnNetwork> {
  requireNetworkName(name)
  if (password !== undefined && password.length < PASSWORD_CHARACTERS_MIN) {
    throw fail('password-too-short', `A password has at least ${PASSWORD_CHARACTERS_MIN} characters; leave the field empty for none.`, { expected: `${PASSWORD_CHARACTERS_MIN} characters or more`, found: String(password.length) })
  }
  if (!FOLDER.test(folder)) throw fail('malformed-folder', 'The name of the folder is 1 to 64 letters, digits, dots, dashes or underscores, and begins with a letter or digit.', { expected: 'one name, such as my-network', found: folder.slice(0, 80) })
  const directory = join(folderBeside(demo), folder)
  try {
    await requireNothingAt(directory)
    // Fails where another request has just made it: whoever made it goes on.
    await mkdir(directory, { mode: 0o700 })
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? folderExists(directory) : failureOf(error)
  }
  try {
    await initHome({ directory, password, algorithm: 'EdDSA', parameters: { name }, nowMs: Date.now() })
    return { directory, network: await fingerprintOf(directory, password), name, hasPassword: password !== undefined, ...commandOf(directory) }
  } catch (error) {
    // Half a network is of no use, and nobody else could have put anything there.
    await rm(directory, { recursive: true, force: true })
    throw failureOf(error)
  }
}

async function requireNothingAt(directory: string): Promise<void> {
  try {
    await lstat(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  throw folderExists(directory)
}

function folderExists(directory: string): Error {
  return fail('folder-exists', `${directory} is there already; choose another name.`, { expected: 'a name that is not taken', found: directory })
}

async function fingerprintOf(directory: string, password: string | undefined): Promise<string> {
  const home = await openHome({ directory, password })
  try {
    return bytesToHex(home.ledger.network)
  } finally {
    await home.close()
  }
}

/** Short where the directory lies below the folder that the node was started in, which is where its owner has a terminal. */
function commandOf(directory: string): { command: string; from: string } {
  const from = process.cwd()
  const below = relative(from, directory)
  const isBelow = below !== '' && below.split(sep)[0] !== '..' && resolve(from, below) === directory
  return { command: `npx telltale start --data ${shellWord(isBelow ? below : directory)}`, from }
}
