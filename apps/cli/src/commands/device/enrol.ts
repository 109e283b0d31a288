import type { Command } from 'commander'
import type { Algorithm } from '@telltale/core'
import { isName } from '@telltale/core'
import { enrolDevice } from '@telltale/node'
import type { Place } from '@telltale/node'
import { UsageError } from '../../failure.ts'
import { algorithmOption, outputOf } from '../../options.ts'
import { addPlaceOptions, withWorkplace } from '../../workplace.ts'
import type { PlaceOptions } from '../../workplace.ts'
import { chooseAsset } from '../asset/choice.ts'

interface EnrolOptions extends PlaceOptions {
  asset?: string
  streams: string
  name?: string
  open?: boolean
  algorithm: Algorithm
}

export function addDeviceEnrol(device: Command): void {
  addPlaceOptions(device.command('enrol'))
    .description('let a new device sign for an asset')
    .requiredOption('--streams <names>', 'streams it signs in, with commas between: odometer,driving')
    .option('--asset <id>', 'asset, where there are several')
    .option('--name <name>', 'name of its key in this directory; device, device-2 and so on if not given')
    .option('--open', 'do not seal what it records')
    .addOption(algorithmOption())
    .addHelpText('after', `
The names of streams are public, sealed or not. More can be added later: an import adds what
it needs. The device remembers who owns the asset now, and obeys nobody else but those that
this owner hands it to.

Examples:
  telltale device enrol --streams odometer,driving --data my-car
  telltale device enrol --streams odometer --keys my-keys --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<EnrolOptions>()
      const output = outputOf(options)
      const streams = readStreams(options.streams)
      await withWorkplace(command, options, { output, use: 'alone' }, async ({ place, openDevice }) => {
        const asset = chooseAsset(place, options.asset)
        const name = options.name ?? (await freeName(place))
        const enrolled = await enrolDevice(place, { asset, name, algorithm: options.algorithm, streams, isSealed: options.open !== true })
        // Once opened it has its owner pinned, on disk.
        await (await openDevice(enrolled)).flush()
        const document = { device: enrolled.address, name, asset: asset.id, streams, isSealed: enrolled.isSealed }
        output.result(document, `Enrolled the device ${name}.\ndevice   ${enrolled.address}\nasset    ${asset.id}\nstreams  ${streams.join(', ')} (${enrolled.isSealed ? 'sealed' : 'open'})`)
      })
    })
}

async function freeName({ wallet }: Place): Promise<string> {
  const taken = await wallet.names()
  if (!taken.includes('device')) return 'device'
  for (let number = 2; ; number++) if (!taken.includes(`device-${number}`)) return `device-${number}`
}

function readStreams(text: string): string[] {
  const streams = text.split(',').map((name) => name.trim())
  const wrong = streams.find((name) => !isName(name))
  if (wrong !== undefined) throw new UsageError('malformed-name', `"${wrong.slice(0, 40)}" is not a name for a stream.`, { expected: 'a lower-case letter, then up to 31 letters, digits or dashes', found: wrong.slice(0, 40) })
  if (new Set(streams).size < streams.length) throw new UsageError('usage', 'A stream is named twice.', { expected: 'each name once', found: text })
  return streams
}
