import type { Command } from 'commander'
import type { Algorithm } from '@telltale/core'
import { isName } from '@telltale/core'
import { enrolDevice } from '@telltale/node'
import type { Home } from '@telltale/node'
import { UsageError } from '../../failure.ts'
import { openHomeDevice } from '../../home-device.ts'
import { algorithmOption, outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { withHome } from '../../session.ts'
import { chooseAsset } from '../asset/choice.ts'

interface EnrolOptions extends GlobalOptions {
  asset?: string
  streams: string
  name?: string
  open?: boolean
  algorithm: Algorithm
}

export function addDeviceEnrol(device: Command): void {
  device
    .command('enrol')
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

Example:
  telltale device enrol --streams odometer,driving --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<EnrolOptions>()
      const output = outputOf(options)
      const streams = readStreams(options.streams)
      await withHome(options.data, output, async (home) => {
        const asset = chooseAsset(home, options.asset)
        const name = options.name ?? (await freeName(home))
        const enrolled = await enrolDevice(home, { asset, name, algorithm: options.algorithm, streams, isSealed: options.open !== true })
        // Once opened it has its owner pinned, on disk.
        await (await openHomeDevice(home, enrolled)).flush()
        const document = { device: enrolled.address, name, asset: asset.id, streams, isSealed: enrolled.isSealed }
        output.result(document, `Enrolled the device ${name}.\ndevice   ${enrolled.address}\nasset    ${asset.id}\nstreams  ${streams.join(', ')} (${enrolled.isSealed ? 'sealed' : 'open'})`)
      })
    })
}

async function freeName(home: Home): Promise<string> {
  const taken = await home.wallet.names()
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
