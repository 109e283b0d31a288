import type { Command } from 'commander'
import { createAsset, ensureIdentity } from '@telltale/node'
import type { Place, WalletKey } from '@telltale/node'
import { fail } from '@telltale/core'
import type { Algorithm, CborMap } from '@telltale/core'
import { UsageError } from '../../failure.ts'
import { readVin } from '../../vin.ts'
import { algorithmOption, outputOf } from '../../options.ts'
import { readCount } from '../../people.ts'
import { OWNER_KEY, OWNER_ROLES } from '../../session.ts'
import { addPlaceOptions, withWorkplace } from '../../workplace.ts'
import type { PlaceOptions } from '../../workplace.ts'
import { attributesText } from './choice.ts'

interface EnrolOptions extends PlaceOptions {
  vin?: string
  make?: string
  model?: string
  year?: string
  gtin?: string
  serial?: string
  owner?: string
  algorithm: Algorithm
}

export function addAssetEnrol(asset: Command): void {
  addPlaceOptions(asset.command('enrol'))
    .description('enter a car or another asset')
    .option('--vin <vin>', 'vehicle identification number, 17 characters')
    .option('--make <text>', 'manufacturer')
    .option('--model <text>', 'model')
    .option('--year <year>', 'model year')
    .option('--gtin <number>', 'global trade item number, of another product than a car')
    .option('--serial <text>', 'serial number')
    .option('--owner <name>', `key of its owner; ${OWNER_KEY}, made if there is none, if not given`)
    .addOption(algorithmOption())
    .addHelpText('after', `
The ledger gets a salted hash of what you say here; the words stay in this directory. Whoever
you give a certificate to sees them, unless you hide them. They cannot be changed later.
With --node the words stay in the directory of --keys. An authority's key there admits a new
owner and enters the asset; without it an owner who is also an operator enters it alone.

Examples:
  telltale asset enrol --vin 4T1BF1FK7HU654321 --make Northwind --model Estate --year 2017
  telltale asset enrol --gtin 09506000134352 --serial 48213 --owner plant
  telltale asset enrol --vin 4T1BF1FK7HU654321 --keys my-keys --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<EnrolOptions>()
      const output = outputOf(options)
      const attributes = readAttributes(options)
      await withWorkplace(command, options, { output, use: 'alone' }, async ({ place }) => {
        const owner = await ownerFor(place, options)
        const made = await createAsset(place, owner, attributes)
        const document = { asset: made.id, owner: owner.address, attributes: Object.fromEntries(attributes) }
        const known = attributesText(made)
        output.result(document, [`Entered an asset.`, `asset  ${made.id}`, `owner  ${owner.name} (${owner.address})`, ...(known === '' ? [] : [`known  ${known}`])].join('\n'))
      })
    })
}

async function ownerFor(place: Place, { owner = OWNER_KEY, algorithm }: EnrolOptions): Promise<WalletKey> {
  if (owner === OWNER_KEY) return ensureIdentity(place, OWNER_KEY, algorithm, OWNER_ROLES)
  if (await place.wallet.has(owner)) return ensureIdentity(place, owner, algorithm, [['owner', null, null]])
  throw fail('key-file-not-found', `There is no key ${owner} in this directory. Make it with \`telltale keys new ${owner}\`.`, { expected: 'a key', found: owner })
}

/** Attributes in the order in which they are always written, so that the same car has the same form. */
function readAttributes({ vin, gtin, serial, make, model, year }: EnrolOptions): CborMap {
  const attributes: CborMap = new Map()
  if (vin !== undefined) attributes.set('vin', readVin(vin))
  if (gtin !== undefined) attributes.set('gtin', readGtin(gtin))
  for (const [name, text] of [['serial', serial], ['make', make], ['model', model]] as const) if (text !== undefined) attributes.set(name, readText(name, text))
  if (year !== undefined) attributes.set('year', readCount(year, '--year', 9999))
  return attributes
}

/** ISO 3779: 17 digits and capital letters but I, O and Q. */

/** GS1: 8, 12, 13 or 14 digits, of which the last is the sum of the others, weighted 3 and 1 from the right. */
function readGtin(text: string): string {
  const gtin = text.trim()
  let sum = 0
  for (let i = 0; i < gtin.length; i++) sum += Number(gtin.charAt(gtin.length - 1 - i)) * (i % 2 === 1 ? 3 : 1)
  if (/^(\d{8}|\d{12,14})$/.test(gtin) && sum % 10 === 0) return gtin
  throw new UsageError('malformed-gtin', `${text} is not a global trade item number. It has 8, 12, 13 or 14 digits, and its last one checks the others.`, { expected: '8, 12, 13 or 14 digits', found: text })
}

const TEXT_CHARACTERS_MAX = 100

function readText(name: string, text: string): string {
  if (text.trim() !== '' && text.length <= TEXT_CHARACTERS_MAX && !/\p{Cc}/u.test(text)) return text.trim()
  throw new UsageError('usage', `--${name} is empty, too long or holds control characters.`, { expected: `up to ${TEXT_CHARACTERS_MAX} characters`, found: `${text.length} characters` })
}
