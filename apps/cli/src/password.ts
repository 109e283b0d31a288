import { fail } from '@telltale/core'
import { Interrupted, UsageError } from './failure.ts'
import { SMALL_FILE_BYTES_MAX, readInputText } from './input-file.ts'
import { keptPassword } from './kept-password.ts'
import type { Output } from './output.ts'

const FILE_VARIABLE = 'TELLTALE_PASSWORD_FILE'

/** The password from the file that TELLTALE_PASSWORD_FILE names, without its last line break; undefined where none is named. */
export async function passwordFromFile(): Promise<string | undefined> {
  const path = process.env[FILE_VARIABLE]
  if (path === undefined || path === '') return undefined
  return readPasswordFile(path)
}

/** The password that a file holds, without its last line break (`usage`, and the codes of `readInputText`). */
export async function readPasswordFile(path: string): Promise<string> {
  const password = (await readInputText(path, SMALL_FILE_BYTES_MAX)).replace(/\r?\n$/, '')
  if (password === '') throw new UsageError('usage', `The password file ${path} is empty.`, { expected: 'a password', found: 'an empty file' })
  return password
}

/** Whether somebody is there to be asked. */
export function isAnyoneThere(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/** A password for existing keys; asked for on a terminal. */
export async function passwordForKeys(): Promise<string> {
  const given = await passwordFromFile()
  if (given !== undefined) return given
  if (!isAnyoneThere()) throw fail('password-required', `The keys are protected by a password; name a file that holds it in ${FILE_VARIABLE}.`, { expected: 'a password', found: 'none' })
  const typed = await prompt('Password of the keys')
  keptPassword.keep(typed)
  return typed
}

/** A password for new keys: from the file, from a prompt, or none in an unattended trial, which is said aloud. */
export async function passwordForNewKeys(output: Output): Promise<string | undefined> {
  const given = await passwordFromFile()
  if (given !== undefined) return given
  if (isAnyoneThere() && !output.isJson) {
    const first = await prompt('Password for the new keys (empty for none)')
    if (first === '') return undefined
    if ((await prompt('The same once more')) !== first) throw new UsageError('usage', 'The two passwords differ. Nothing was made; try again.', { expected: 'the same password twice' })
    keptPassword.keep(first)
    return first
  }
  output.warn(`The new keys have no password: whoever can read their files (mode 0600) can sign. Name a password file in ${FILE_VARIABLE} for anything but a trial.`)
  return undefined
}

/** A new password for somebody's account: from the file, or typed twice (`password-required` where nobody is there to be asked). */
export async function passwordForAccount(name: string): Promise<string> {
  const given = await passwordFromFile()
  if (given !== undefined) return given
  if (!isAnyoneThere()) throw new UsageError('password-required', `There is nobody to ask for the password of ${name}; name a file that holds it in ${FILE_VARIABLE}.`, { expected: 'a password', found: 'none' })
  return promptTwice(`Password for the account ${name}`)
}

/** A password that is typed twice, long enough or not (`usage`). */
export async function promptTwice(message: string): Promise<string> {
  const first = await prompt(message)
  if (first !== '' && (await prompt('The same once more')) !== first) throw new UsageError('usage', 'The two passwords differ. Nothing was changed; try again.', { expected: 'the same password twice' })
  return first
}

/** Asks before something that cannot be undone; `--yes` answers, and where nobody is there to be asked it is needed (`confirmation-needed`). */
export async function confirm(question: string, options: { yes?: boolean }): Promise<void> {
  if (options.yes === true) return
  if (!isAnyoneThere()) throw fail('confirmation-needed', `${question} Say --yes if that is what you want.`, { expected: '--yes', found: 'nobody to ask' })
  const { confirm: ask } = await import('@clack/prompts')
  if ((await ask({ message: question, output: process.stderr, initialValue: false })) !== true) throw new Interrupted('SIGINT', 'Nothing was changed.')
}

/** A new password, typed twice; empty is refused. */
export async function askForNewPassword(): Promise<string> {
  const first = await promptTwice('New password')
  if (first === '') throw new UsageError('usage', 'The password is empty. To leave the keys without one, say --remove.', { expected: 'a password', found: 'nothing' })
  return first
}

/** A line of text, trimmed. */
export async function promptLine(message: string): Promise<string> {
  const { isCancel, text: ask } = await import('@clack/prompts')
  const answer = await ask({ message, output: process.stderr })
  if (isCancel(answer)) throw new Interrupted('SIGINT', 'Cancelled; nothing was changed.')
  return (answer ?? '').trim()
}

async function prompt(message: string): Promise<string> {
  const { isCancel, password: ask } = await import('@clack/prompts')
  const answer = await ask({ message, output: process.stderr })
  if (isCancel(answer)) throw new Interrupted('SIGINT', 'Cancelled; nothing was changed.')
  return answer ?? ''
}
