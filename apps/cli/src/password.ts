import { readFile } from 'node:fs/promises'
import { isCancel, password as ask } from '@clack/prompts'
import { fail } from '@telltale/core'
import type { Output } from './output.ts'

const FILE_VARIABLE = 'TELLTALE_PASSWORD_FILE'

/** The password from the file that TELLTALE_PASSWORD_FILE names, without its last line break; undefined where none is named. */
export async function passwordFromFile(): Promise<string | undefined> {
  const path = process.env[FILE_VARIABLE]
  if (path === undefined || path === '') return undefined
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
  } catch (cause) {
    throw fail('file-unreadable', `The password file ${path} cannot be read.`, { expected: `a file named by ${FILE_VARIABLE}`, found: path, cause })
  }
}

/** A password for existing keys; asked for on a terminal. */
export async function passwordForKeys(): Promise<string> {
  const given = await passwordFromFile()
  if (given !== undefined) return given
  if (!process.stdin.isTTY) throw fail('password-required', `The keys are protected by a password; name a file that holds it in ${FILE_VARIABLE}.`, { expected: 'a password', found: 'none' })
  return prompt('Password of the keys')
}

/** A password for new keys: from the file, from a prompt, or none in an unattended trial, which is said aloud. */
export async function passwordForNewKeys(output: Output): Promise<string | undefined> {
  const given = await passwordFromFile()
  if (given !== undefined) return given
  if (process.stdin.isTTY && process.stderr.isTTY && !output.isJson) {
    const first = await prompt('Password for the new keys (empty for none)')
    if (first === '') return undefined
    if ((await prompt('The same once more')) !== first) throw fail('usage', 'The two passwords differ.', { expected: 'the same password twice' })
    return first
  }
  output.warn(`The new keys have no password: whoever can read their files (mode 0600) can sign. Name a password file in ${FILE_VARIABLE} for anything but a trial.`)
  return undefined
}

async function prompt(message: string): Promise<string> {
  const answer = await ask({ message })
  if (isCancel(answer)) throw fail('usage', 'Cancelled.')
  return answer ?? ''
}
