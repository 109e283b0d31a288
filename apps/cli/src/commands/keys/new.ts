import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { entropyToMnemonic, mnemonicToSecret } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { algorithmOption, outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { readCount } from '../../people.ts'
import { walletForNewKey } from './wallet.ts'
import { requireWords, wordsText } from './words.ts'

interface NewOptions extends GlobalOptions {
  algorithm: Algorithm
  mnemonic?: boolean
  account: string
}

/** BIP-44 accounts are hardened: their numbers end here. */
export const ACCOUNT_MAX = 2 ** 31 - 1

export function addKeysNew(keys: Command): void {
  keys
    .command('new')
    .description('make a key')
    .argument('<name>', 'name of the key in this directory')
    .addOption(algorithmOption())
    .option('--mnemonic', 'from 24 new words, which are shown once: whoever has them can make the key again')
    .option('--account <number>', 'which of the keys of these words', '0')
    .addHelpText('after', `
A key is not admitted to a network by being made. \`telltale send admit --help\` shows how.
RS256 keys cannot come from words.

Examples:
  telltale keys new dealer --data my-network
  telltale keys new owner --algorithm ES256 --mnemonic --data my-car`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<NewOptions>()
      const output = outputOf(options)
      if (options.mnemonic === true) requireWords(options.algorithm)
      const words = options.mnemonic === true ? entropyToMnemonic(new Uint8Array(randomBytes(32))) : null
      const account = readCount(options.account, '--account', ACCOUNT_MAX)
      const secret = words === null ? undefined : mnemonicToSecret(words, { algorithm: options.algorithm, account, keyNumber: 0 })
      const wallet = await walletForNewKey(options.data, output)
      const { address } = await wallet.create(name, options.algorithm, secret)
      const document = { name, algorithm: options.algorithm, address, ...(words === null ? {} : { mnemonic: words, account }) }
      const written = words === null ? '' : `\n\nWrite these words down and keep them apart. They are not shown again.\n${wordsText(words)}`
      output.result(document, `Made the key ${name} (${options.algorithm}).\naddress  ${address}${written}`)
    })
}
