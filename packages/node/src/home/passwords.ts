import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '@telltale/core'
import { changeKeyPassword } from '../keys/password-change.ts'
import { readProfile } from './profile.ts'
import { changeSecretsPassword, devicesWithSecrets } from './secrets.ts'
import { KEY_SUFFIX, NEXT_SUFFIX, SEAL_SUFFIX, keysFolder, requireKeyName } from './wallet.ts'

export interface PasswordChange {
  directory: string
  /** The key whose files are changed; null for everything in the directory. */
  name: string | null
  from: string | undefined
  /** Undefined removes the password. */
  to: string | undefined
}

/**
 * Sets, changes or removes the password of key files and, with the authority's key, of the epoch secrets. Each file is changed whole or not at all; after an
 * interruption the same call finishes the rest. Answers with the files that were written. Codes: `key-file-not-found`, `wrong-password`, `password-required`.
 */
export async function changePassword({ directory, name, from, to }: PasswordChange): Promise<string[]> {
  const folder = keysFolder(directory)
  const found = await keyFiles(folder)
  // What a crash left behind may hold a secret without a password.
  for (const file of found.filter((item) => item.endsWith('.tmp'))) await rm(join(folder, file), { force: true })
  const files = found.filter((file) => isKeyOf(file, name))
  if (files.length === 0) throw fail('key-file-not-found', name === null ? 'There are no keys in this directory.' : `There is no key ${name} in this directory.`, { expected: 'a key', found: name ?? 'none' })
  const authority = (await readProfile(directory))?.authority
  const devices = name === null || name === authority ? await devicesWithSecrets(directory) : []
  for (const device of devices) await changeSecretsPassword(directory, device, from, to)
  // The authority's key last: its password is the one that the directory is opened with.
  const last = `${authority ?? ''}${KEY_SUFFIX}`
  for (const file of [...files.filter((item) => item !== last), ...files.filter((item) => item === last)]) await changeKeyPassword(join(folder, file), from, to)
  return [...files, ...devices.map((device) => `secrets of ${device}`)]
}

async function keyFiles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function isKeyOf(file: string, name: string | null): boolean {
  if (![KEY_SUFFIX, NEXT_SUFFIX, SEAL_SUFFIX].some((suffix) => file.endsWith(suffix))) return false
  if (name === null) return true
  return file === `${requireKeyName(name)}${KEY_SUFFIX}` || file === `${name}${NEXT_SUFFIX}` || (file.startsWith(`${name}.`) && /^\d{1,3}\.seal$/.test(file.slice(name.length + 1)))
}
