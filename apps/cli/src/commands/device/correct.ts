import type { Command } from 'commander'
import { bytesToHex, exactFromText, fail, judge } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { findCall } from '@telltale/node'
import type { Place, WalletKey } from '@telltale/node'
import { chooseStream } from '../../device-streams.ts'
import { UsageError } from '../../failure.ts'
import { outputOf } from '../../options.ts'
import { readCount } from '../../people.ts'
import { addPlaceOptions, chooseAnyDevice, withWorkplace } from '../../workplace.ts'
import type { PlaceOptions } from '../../workplace.ts'

interface CorrectOptions extends PlaceOptions {
  device?: string
  stream?: string
  key?: string
  what: string
  text?: string
  values?: string
  from?: string
  to?: string
}

export function addDeviceCorrect(device: Command): void {
  addPlaceOptions(device.command('correct'))
    .description('note that something happened to a stream, such as a replaced odometer')
    .requiredOption('--what <kind>', 'what happened: odometer-replaced, odometer-repaired, sensor-replaced, ...')
    .option('--text <text>', 'in words, for everybody to read')
    .option('--values <list>', 'in values: before=58412,after=0,unit=mi')
    .option('--stream <name>', 'stream, where there are several')
    .option('--from <number>', 'first record that it is about; the whole stream if not given')
    .option('--to <number>', 'last record that it is about')
    .option('--key <name>', 'key that corrects: an operator with scope service, such as a workshop, or the owner that import makes; needed where there are several')
    .option('--device <address>', 'device, where there are several')
    .addHelpText('after', `
A correction changes no record. It stands beside them, and every certificate from now on
shows it.

Examples:
  telltale device correct --stream odometer --what odometer-replaced --values before=58412,after=0,unit=mi
  telltale device correct --stream driving --what sensor-replaced --text "wheel speed sensor, rear left" --key dealer
  telltale device correct --device tt1... --stream odometer --what odometer-repaired --text "new cluster" \\
    --key dealer --keys my-keys --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CorrectOptions>()
      const output = outputOf(options)
      const content = readContent(options)
      const span = readSpan(options)
      await withWorkplace(command, options, { output, use: 'sign' }, async (workplace) => {
        const { place } = workplace
        const profile = await chooseAnyDevice(workplace, options.device)
        const { name: stream } = await chooseStream(place, profile, options.stream)
        const author = options.key === undefined ? await onlyWorkshop(place) : await place.wallet.open(options.key)
        const { id, height } = await place.send({ key: author, call: findCall('correction').number, sub: `${profile.address}/${stream}`, args: [...span, options.what, content] })
        const document = { device: profile.address, stream, author: author.address, what: options.what, from: span[0], to: span[1], id: bytesToHex(id), height }
        output.result(document, `${author.name} noted ${options.what} on ${stream}. Certificates show it from now on.`)
      })
    })
}

function readSpan({ from, to }: CorrectOptions): [number | null, number | null] {
  if (from === undefined && to === undefined) return [null, null]
  const first = readCount(from ?? '0', '--from')
  const last = readCount(to ?? String(first), '--to')
  if (last < first) throw new UsageError('usage', `--from ${first} lies after --to ${last}.`, { expected: '--from at or before --to', found: 'after' })
  return [first, last]
}

function readContent({ text, values }: CorrectOptions): Cbor {
  if ((text === undefined) === (values === undefined)) throw new UsageError('usage', 'Say what happened with --text or with --values.', { expected: 'one of --text and --values', found: text === undefined ? 'neither' : 'both' })
  if (text !== undefined) return text
  const entries = (values as string).split(',').map((item): [string, Cbor] => {
    const [name = '', ...rest] = item.split('=')
    const value = rest.join('=').trim()
    if (name.trim() === '' || value === '') throw new UsageError('usage', `--values: "${item.slice(0, 40)}" is not NAME=VALUE.`, { expected: 'before=58412,after=0,unit=mi', found: item.slice(0, 40) })
    const number = judge(() => exactFromText(value))
    return [name.trim(), number.ok ? number.value : value]
  })
  const map = new Map(entries)
  if (map.size < entries.length) throw new UsageError('usage', '--values names a value twice.', { expected: 'each name once', found: values as string })
  return map
}

/** The one key in this directory that may correct (`key-needed`). */
async function onlyWorkshop(place: Place): Promise<WalletKey> {
  const found: string[] = []
  for (const { name, head } of await place.wallet.heads()) if (head.address !== null && (await isWorkshop(place, head.address))) found.push(name)
  const [only] = found
  if (only !== undefined && found.length === 1) return place.wallet.open(only)
  const known = found.join(', ')
  if (only !== undefined) throw new UsageError('key-needed', 'Several keys in this directory may correct; choose one with --key.', { expected: known, found: 'none' })
  throw fail('key-needed', 'No key in this directory may correct. An authority gives the role: `telltale send roles \'[[["operator", "service", null]]]\' --key authority --sub NAME`.', { expected: 'a key with the role operator, scope service', found: 'none' })
}

async function isWorkshop(place: Place, address: string): Promise<boolean> {
  const identity = await place.identity(address)
  const height = await place.nextHeight()
  return identity?.roles.some(({ value, from, to }) => value.name === 'operator' && value.scope === 'service' && from <= height && (to === null || height < to)) ?? false
}
