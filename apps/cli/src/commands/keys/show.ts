import type { Command } from 'commander'
import { bytesToHex, encode, fail, publicKeyToCose } from '@telltale/core'
import { createWallet } from '@telltale/node'
import type { WalletHead } from '@telltale/node'
import { hang } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { headToJson } from './list.ts'

export function addKeysShow(keys: Command): void {
  keys
    .command('show')
    .description('show what others need to know of a key; nothing secret, and no password is needed')
    .argument('<name>', 'name of the key')
    .addHelpText('after', `
Example:
  telltale keys show dealer --data my-network --json`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      const wallet = createWallet(options.data, undefined)
      const found = (await wallet.heads()).find((item) => item.name === name)
      if (!found) throw fail('key-file-not-found', `There is no key ${name} in ${options.data}.`, { expected: (await wallet.names()).join(', ') || 'a key', found: name })
      const seals = (await wallet.sealHeads()).filter((item) => item.head.address === found.head.address)
      const document = { ...headToJson(found), publicKey: bytesToHex(found.head.publicKey), coseKey: coseKeyOf(found), sealKeys: seals.map(({ head }) => ({ keyNumber: head.keyNumber, publicKey: bytesToHex(head.publicKey) })) }
      const { width } = output.terminal
      const lines = [
        `name       ${name}`,
        `address    ${found.head.address ?? 'none'}`,
        `algorithm  ${found.head.algorithm}, key number ${found.head.keyNumber}`,
        `password   ${found.isProtected ? 'yes' : 'no'}`,
        hang('COSE_Key   ', 11, document.coseKey, width),
        ...seals.map(({ head }) => `seal key   ${head.keyNumber}: ${bytesToHex(head.publicKey)}`),
      ]
      output.result(document, lines.join('\n'))
    })
}

/** Hexadecimal of the COSE_Key (RFC 9052, 7). */
function coseKeyOf({ head }: WalletHead): string {
  const { algorithm, publicKey } = head
  return algorithm === 'X25519' ? '' : bytesToHex(encode(publicKeyToCose({ algorithm, material: publicKey })))
}
