import type { Command } from 'commander'
import { changePassword, createWallet } from '@telltale/node'
import { UsageError } from '../../failure.ts'
import { quantityText } from '../../figures.ts'
import { SMALL_FILE_BYTES_MAX, readInputText } from '../../input-file.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { askForNewPassword, isAnyoneThere, passwordForKeys } from '../../password.ts'

interface PasswordOptions extends GlobalOptions {
  newPasswordFile?: string
  remove?: boolean
}

export function addKeysPassword(keys: Command): void {
  keys
    .command('password')
    .description('set, change or remove the password of a key, or of everything in a data directory')
    .argument('[name]', 'key to change; all keys and secrets of the directory if left out')
    .option('--new-password-file <file>', 'file that holds the new password; asked for if not given')
    .option('--remove', 'leave the keys without a password')
    .addHelpText('after', `
The password so far is asked for, or read from the file that TELLTALE_PASSWORD_FILE names.
Each file is changed whole or not at all: after an interruption, give the command again.

Examples:
  telltale keys password --data my-car
  TELLTALE_PASSWORD_FILE=old.txt telltale keys password owner --new-password-file new.txt`)
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PasswordOptions>()
      const output = outputOf(options)
      const heads = [...(await createWallet(options.data, undefined).heads())].filter((item) => name === undefined || item.name === name)
      const from = heads.some((item) => item.isProtected) ? await passwordForKeys() : undefined
      const to = await newPassword(options)
      const files = await changePassword({ directory: options.data, name: name ?? null, from, to })
      const done = to === undefined ? 'Removed the password of' : from === undefined ? 'Set a password for' : 'Changed the password of'
      output.result({ changed: files, isProtected: to !== undefined }, `${done} ${quantityText(files.length, 'file')}.`)
    })
}

async function newPassword({ remove, newPasswordFile }: PasswordOptions): Promise<string | undefined> {
  if (remove === true) {
    if (newPasswordFile !== undefined) throw new UsageError('usage', '--remove and --new-password-file exclude each other.', { expected: 'one of the two', found: 'both' })
    return undefined
  }
  if (newPasswordFile !== undefined) {
    const password = (await readInputText(newPasswordFile, SMALL_FILE_BYTES_MAX)).replace(/\r?\n$/, '')
    if (password === '') throw new UsageError('usage', `The password file ${newPasswordFile} is empty. To leave the keys without a password, say --remove.`, { expected: 'a password', found: 'an empty file' })
    return password
  }
  if (!isAnyoneThere()) throw new UsageError('password-required', 'There is nobody to ask for the new password; name a file that holds it with --new-password-file.', { expected: '--new-password-file FILE, or --remove', found: 'neither' })
  return askForNewPassword()
}
