import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { bytesToHex, fail } from '@telltale/core'
import type { CertificateRequest } from '@telltale/certificate'
import { certificateFromHome, streamHeadOf, streamsOfAsset } from '@telltale/node'
import type { DeviceProfile, Home } from '@telltale/node'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import { withHome } from '../session.ts'
import { resolveRange } from '../range.ts'

interface CertificateOptions extends GlobalOptions {
  device?: string
  stream?: string
  from?: string
  to?: string
  disclose: string
  hideIdentity?: boolean
  out: string
}

export function addCertificate(program: Command): void {
  program
    .command('certificate')
    .description('write a file that proves records to anyone, offline')
    .option('--device <address>', 'device, where there are several')
    .option('--stream <name>', 'stream; all streams of the device if not given')
    .option('--from <where>', 'first record: its number, or an ISO time')
    .option('--to <where>', 'last record: its number, or an ISO time')
    .option('--disclose <what>', 'what can be read: all, none, or record numbers FROM..TO', 'all')
    .option('--hide-identity', 'do not say which car it is')
    .requiredOption('--out <file>', 'where to write it')
    .addHelpText('after', `
Examples:
  telltale certificate --data my-car --stream odometer --out odometer.telltale
  telltale certificate --data my-car --from 2026-01-01 --disclose none --out presence.telltale`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CertificateOptions>()
      const output = outputOf(options)
      await withHome(options.data, output, async (home) => {
        const device = chooseDevice(home, options.device)
        const bytes = await certificateFromHome(home, await requestOf(home, device, options))
        await writeFile(options.out, bytes)
        const document = { file: options.out, bytes: bytes.length, network: bytesToHex(home.ledger.network), device: device.address, asset: device.asset }
        output.result(document, `Wrote ${options.out} (${bytes.length.toLocaleString('en')} bytes). Anyone verifies it with:\n  telltale verify ${options.out} --network ${document.network}`)
      })
    })
}

/** The device that is named by address or key, or the only one (`device-needed`). */
export function chooseDevice(home: Home, named: string | undefined): DeviceProfile {
  const { devices } = home.profile
  const found = named === undefined ? devices : devices.filter((device) => device.address === named || device.key === named)
  const [device] = found
  if (device && found.length === 1) return device
  throw fail('device-needed', devices.length === 0 ? 'There is no device yet; import a log or enrol one.' : 'Choose a device with --device.', { expected: devices.map((item) => item.address).join(', ') || 'a device', found: named ?? 'none' })
}

async function requestOf(home: Home, device: DeviceProfile, options: CertificateOptions): Promise<CertificateRequest> {
  const all = streamsOfAsset(home, device.asset).filter((stream) => stream.startsWith(`${device.address}/`))
  const wanted = options.stream === undefined ? all : all.filter((stream) => stream === `${device.address}/${options.stream}`)
  if (wanted.length === 0) throw fail('unknown-stream', `The device has no stream ${options.stream ?? ''}.`, { expected: all.map((stream) => stream.slice(device.address.length + 1)).join(', '), found: options.stream ?? 'none' })
  const streams: CertificateRequest['streams'] = []
  for (const stream of wanted) {
    const name = stream.slice(device.address.length + 1)
    const count = streamHeadOf(home, device.address, name)?.count ?? 0
    const range = count === 0 ? null : await resolveRange(home, stream, count, options)
    if (range) streams.push({ stream, ...range })
  }
  if (streams.length === 0) throw fail('no-such-record', 'There are no records in this period.', { expected: 'a period with records', found: `${options.from ?? 'the first'} to ${options.to ?? 'the last'}` })
  const asset = home.profile.assets.find((item) => item.id === device.asset)
  const identity = asset && asset.attributes.size > 0 && options.hideIdentity !== true ? { attributes: asset.attributes, salt: asset.salt } : null
  return { asset: device.asset, streams, disclose: readDisclose(options.disclose), identity }
}

function readDisclose(text: string): CertificateRequest['disclose'] {
  if (text === 'all' || text === 'none') return text
  const match = /^(\d{1,10})\.\.(\d{1,10})$/.exec(text)
  if (!match || Number(match[1]) > Number(match[2])) throw fail('usage', `--disclose ${text} is not understood.`, { expected: 'all, none or FROM..TO', found: text })
  return { from: Number(match[1]), to: Number(match[2]) }
}
