import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import { consentToText, consentToTransfer, createWallet, requestFromText } from '@telltale/node'
import type { TransferRequest, WalletKey } from '@telltale/node'
import { SMALL_FILE_BYTES_MAX, readInputText } from '../../input-file.ts'
import { hang, printable } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { confirm, isAnyoneThere, passwordForKeys } from '../../password.ts'
import { writeResultFile } from '../../result-file.ts'
import { attributesText } from './choice.ts'
import { isTransferFile } from './transfer.ts'

interface ConsentOptions extends GlobalOptions {
  key: string
  out: string
}

export function addAssetConsent(asset: Command): void {
  asset
    .command('consent')
    .description('consent to becoming the owner of an asset; needs nothing but your key')
    .argument('<request>', 'file that the owner wrote with `telltale asset transfer --request`')
    .requiredOption('--key <name>', 'your key')
    .requiredOption('--out <file>', 'where to write the consent')
    .addHelpText('after', `
Look at a certificate of the car first: a consent cannot be taken back, though the owner may
never use it.

Example:
  telltale asset consent offer.json --key buyer --out yes.json`)
    .action(async (path: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConsentOptions>()
      const output = outputOf(options)
      const request = requestFromText(await readInputText(path, SMALL_FILE_BYTES_MAX), path)
      const key = await openKey(options)
      const said = requestText(request, output.terminal.width)
      output.say(said)
      if (isAnyoneThere()) await confirm(`Do you, ${key.name}, want to own it?`, options)
      const consent = await consentToTransfer(request, key)
      await writeResultFile(options.out, Buffer.from(consentToText(consent)), { isOwn: isTransferFile, kind: 'consent', yes: options.yes })
      output.result({ file: options.out, asset: request.asset, from: request.from, to: request.to }, `Wrote ${options.out}. Give it to the owner, who hands over with:\n  telltale asset transfer --consent ${options.out}`)
    })
}

async function openKey({ data, key }: ConsentOptions): Promise<WalletKey> {
  const wallet = createWallet(data, undefined)
  const isLocked = (await wallet.heads()).some((item) => item.name === key && item.isProtected)
  return isLocked ? createWallet(data, await passwordForKeys()).open(key) : wallet.open(key)
}

function requestText({ network, asset, from, identity }: TransferRequest, width: number): string {
  const known = identity ? attributesText(identity) : ''
  return [`asset    ${asset}`, hang('known    ', 9, known === '' ? 'nothing was said about which one it is' : printable(known), width), `from     ${from}`, `network  ${bytesToHex(network)}`].join('\n')
}
