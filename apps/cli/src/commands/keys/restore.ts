import type { Command } from 'commander'
import { mnemonicToSecret } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { algorithmOption, outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { readCount } from '../../people.ts'
import { ACCOUNT_MAX } from './new.ts'
import { walletForNewKey } from './wallet.ts'
import { readWords, requireWords } from './words.ts'

interface RestoreOptions extends GlobalOptions {
  algorithm: Algorithm
  account: string
  words?: string
}

export function addKeysRestore(keys: Command): void {
  keys
    .command('restore')
    .description('make a lost key again from its 24 words')
    .argument('<name>', 'name of the key in this directory')
    .requiredOption('--mnemonic', 'from the words that `telltale keys new --mnemonic` showed')
    .option('--words <file>', 'file that holds the words; if not given they are asked for, or read from standard input')
    .addOption(algorithmOption())
    .option('--account <number>', 'which of the keys of these words', '0')
    .addHelpText('after', `
The words are never taken from the command line, where others could see them. Algorithm and
account have to be those that the key was made with: others give another key. Compare the
address.

Examples:
  telltale keys restore owner --mnemonic --data my-car
  telltale keys restore owner --mnemonic --algorithm ES256 < words.txt`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RestoreOptions>()
      const output = outputOf(options)
      requireWords(options.algorithm)
      const account = readCount(options.account, '--account', ACCOUNT_MAX)
      const secret = mnemonicToSecret(await readWords(options.words), { algorithm: options.algorithm, account, keyNumber: 0 })
      const wallet = await walletForNewKey(options.data, output)
      const { address } = await wallet.create(name, options.algorithm, secret)
      output.result({ name, algorithm: options.algorithm, account, address }, `Restored the key ${name} (${options.algorithm}, account ${account}).\naddress  ${address}`)
    })
}
