import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import { consentFromText, requestToText, transferAsset, transferRequest, transferWithin } from '@telltale/node'
import type { Place } from '@telltale/node'
import { UsageError } from '../../failure.ts'
import { SMALL_FILE_BYTES_MAX, readInputText } from '../../input-file.ts'
import { outputOf } from '../../options.ts'
import type { Output } from '../../output.ts'
import { confirm, isAnyoneThere } from '../../password.ts'
import { addressOf, nameAndAddress } from '../../people.ts'
import { writeResultFile } from '../../result-file.ts'
import { addPlaceOptions, withWorkplace } from '../../workplace.ts'
import type { PlaceOptions } from '../../workplace.ts'
import { chooseAsset } from './choice.ts'

interface TransferOptions extends PlaceOptions {
  asset?: string
  to?: string
  request?: string
  consent?: string
}

export function addAssetTransfer(asset: Command): void {
  addPlaceOptions(asset.command('transfer'))
    .description('hand an asset to a new owner, who has to consent')
    .option('--asset <id>', 'asset, where there are several')
    .option('--to <name-or-address>', 'the new owner; with the key in this directory both sign at once')
    .option('--request <file>', 'write what the new owner has to consent to, and change nothing yet')
    .option('--consent <file>', 'hand over to whoever gave this consent')
    .addHelpText('after', `
Where the new owner's key is elsewhere, it takes three steps:
  telltale asset transfer --to tt1... --request offer.json        the owner
  telltale asset consent offer.json --key buyer --out yes.json    the new owner
  telltale asset transfer --consent yes.json                      the owner

With its next record each device begins a new epoch: whoever could read before reads no
further. The request tells the new owner which car it is; keep it between the two of you.`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<TransferOptions>()
      const output = outputOf(options)
      if ((options.to === undefined) === (options.consent === undefined)) throw new UsageError('usage', 'Say who the new owner is with --to, or give a consent with --consent.', { expected: 'one of --to and --consent', found: options.to === undefined ? 'neither' : 'both' })
      await withWorkplace(command, options, { output, use: 'sign' }, ({ place }) => (options.consent === undefined ? handTo(place, options, options.to as string, output) : handOver(place, options, options.consent, output)))
    })
}

async function handTo(place: Place, options: TransferOptions, named: string, output: Output): Promise<void> {
  const { id } = chooseAsset(place, options.asset)
  const to = await addressOf(place, named)
  if (options.request !== undefined) return writeRequest(place, { id, to, path: options.request }, options, output)
  const name = await place.wallet.nameOf(to)
  if (name === null) throw new UsageError('consent-needed', `The key of ${to} is not in this directory, so its holder has to consent elsewhere. Write a request with --request FILE first.`, { expected: '--request FILE', found: to })
  if (isAnyoneThere()) await confirm(`Hand ${id} to ${name}? Only ${name} can give it back.`, options)
  const { id: transaction, height } = await transferWithin(place, id, await place.wallet.open(name))
  await show(place, { asset: id, to, transaction, height }, output)
}

async function writeRequest(place: Place, { id, to, path }: { id: string; to: string; path: string }, options: TransferOptions, output: Output): Promise<void> {
  const request = await transferRequest(place, id, to)
  await writeResultFile(path, Buffer.from(requestToText(request)), { isOwn: isTransferFile, kind: 'request', yes: options.yes })
  output.result({ file: path, asset: id, from: request.from, to }, `Wrote ${path}. Its new owner consents with:\n  telltale asset consent ${path} --key NAME --out CONSENT`)
}

async function handOver(place: Place, options: TransferOptions, path: string, output: Output): Promise<void> {
  const consent = consentFromText(await readInputText(path, SMALL_FILE_BYTES_MAX), path)
  const { asset, to } = consent.request
  if (isAnyoneThere()) await confirm(`Hand ${asset} to ${to}? Only the new owner can give it back.`, options)
  const { id: transaction, height } = await transferAsset(place, consent)
  await show(place, { asset, to, transaction, height }, output)
}

async function show(place: Place, { asset, to, transaction, height }: { asset: string; to: string; transaction: Uint8Array; height: number }, output: Output): Promise<void> {
  output.result({ asset, owner: to, id: bytesToHex(transaction), height }, `Handed over.\nasset  ${asset}\nowner  ${await nameAndAddress(place, to)}, from block ${height + 1}`)
}

/** How a request or a consent begins. */
export function isTransferFile(head: Uint8Array): boolean {
  return Buffer.from(head).toString('utf8').startsWith('{\n  "telltale": "transfer-')
}
