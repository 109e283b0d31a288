import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import { carriedRanges } from '@telltale/certificate'
import type { CertificateRequest } from '@telltale/certificate'
import { cborToJson, certificateFromHome, streamsOfAsset } from '@telltale/node'
import type { DeviceProfile, Home } from '@telltale/node'
import { chooseDevice, chooseNamed } from '../device-streams.ts'
import { UsageError } from '../failure.ts'
import { bytesText, countText, quantityText } from '../figures.ts'
import { hang } from '../layout.ts'
import { outputOf } from '../options.ts'
import type { Output } from '../output.ts'
import { FROM_HELP, TO_HELP, resolveRange } from '../range.ts'
import type { RangeOptions, RecordRange } from '../range.ts'
import { clientOf } from '../remote-node.ts'
import type { NodeAddress } from '../remote-node.ts'
import { readOpened } from '../remote-records.ts'
import { chooseRemoteDevice, chooseRemoteRecords } from '../remote-streams.ts'
import { writeResultFile } from '../result-file.ts'
import { withHome } from '../session.ts'
import { countOf, identityOf } from '../whole-asset.ts'
import { KEYS_THAT_OPEN, addPlaceOptions, atNode, placeAddressOf } from '../workplace.ts'
import type { PlaceOptions } from '../workplace.ts'
import { certificateOfNode, discloseHere } from './certificate/at-node.ts'

interface CertificateOptions extends PlaceOptions {
  device?: string
  stream?: string
  from?: string
  to?: string
  disclose: string
  hideIdentity?: boolean
  out: string
}

export function addCertificate(program: Command): void {
  addPlaceOptions(program.command('certificate'), KEYS_THAT_OPEN)
    .description('write a file that proves records to anyone, offline')
    .option('--device <address>', 'device, where there are several')
    .option('--stream <name>', 'stream; all streams of the device if not given')
    .option('--from <where>', FROM_HELP)
    .option('--to <where>', TO_HELP)
    .option('--disclose <what>', 'what can be read: all, none, or record numbers FROM..TO', 'all')
    .option('--hide-identity', 'do not say which car it is')
    .requiredOption('--out <file>', 'where to write it')
    .addHelpText('after', `
Whoever has the file can read what it discloses; the rest stays sealed. A node
has no keys: with --keys what they open is disclosed here, without telling it.

Examples:
  telltale certificate --data my-car --stream odometer --out odometer.telltale
  telltale certificate --data my-car --to 9 --disclose none --out a.telltale
  telltale certificate --node http://127.0.0.1:8362 --disclose none --out a.telltale
  telltale certificate --node http://127.0.0.1:8362 --keys my-keys --out a.telltale`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CertificateOptions>()
      const output = outputOf(options)
      const node = await placeAddressOf(command, options)
      if (node) return certifyAtNode(node, options, output)
      await withHome(options.data, output, async (home) => {
        const device = chooseDevice(home, options.device)
        const request = await requestOf(home, device, options)
        const bytes = await certificateFromHome(home, request)
        await writeResultFile(options.out, bytes, { isOwn: isCertificate, kind: 'certificate', yes: options.yes })
        const document = { file: options.out, bytes: bytes.length, network: bytesToHex(home.ledger.network), device: device.address, asset: device.asset, streams: carriedRanges(bytes) }
        output.result(document, textOf(document, request, output.terminal.width))
      })
    })
}

/** The node proves, and discloses nothing; with --keys what they open is disclosed here. */
async function certifyAtNode(node: NodeAddress, options: CertificateOptions, output: Output): Promise<void> {
  if (options.keys === undefined && options.disclose !== 'none') throw new UsageError('usage', 'A node has no keys, so its certificates disclose nothing. Say --disclose none, or where the keys of the device lie: --keys DIR.', { expected: '--disclose none, or --keys DIR', found: `--disclose ${options.disclose}` })
  const request: Pick<CertificateRequest, 'disclose' | 'identity'> = { disclose: readDisclose(options.disclose), identity: null }
  const client = clientOf(node)
  const device = await chooseRemoteDevice(client, options.device)
  const make = async (chosen: RecordRange[], openIt: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<void> => {
    const { bytes: closed, network } = await certificateOfNode(client, device.asset, requireSome(chosen, options))
    const bytes = await openIt(closed)
    await writeResultFile(options.out, bytes, { isOwn: isCertificate, kind: 'certificate', yes: options.yes })
    const document = { file: options.out, bytes: bytes.length, network, device: device.device, asset: device.asset, streams: carriedRanges(bytes) }
    output.result(document, textOf(document, request, output.terminal.width))
  }
  if (options.keys === undefined) return make(await chooseRemoteRecords(client, device, options), (bytes) => Promise.resolve(bytes))
  await atNode(node, options, { output, use: 'read' }, async ({ place }) => {
    const asset = place.profile.assets.find(({ id }) => id === device.asset)
    if (asset && options.hideIdentity !== true) request.identity = identityOf(asset)
    await make(await chooseRemoteRecords(client, device, options, (stream, from, to) => readOpened(client, place, stream, from, to, null)), (bytes) => discloseHere(client, place, bytes, request))
  })
}

/** How a certificate begins: an array of twelve, and its name. */
function isCertificate(head: Uint8Array): boolean {
  return Buffer.from(head).subarray(0, 10).equals(Buffer.from([0x8c, 0x68, ...Buffer.from('telltale')]))
}

interface CertificateDocument {
  file: string
  bytes: number
  network: string
  device: string
  asset: string
  streams: (RecordRange & { count: number })[]
}

function textOf({ file, bytes, network, streams, device }: CertificateDocument, request: Pick<CertificateRequest, 'disclose' | 'identity'>, width: number): string {
  const shown = streams.map(({ stream, from, to, count }) => {
    const name = stream.slice(device.length + 1)
    return from === 0 && to === count - 1 ? `all ${quantityText(count, 'record')} of ${name}` : `records ${countText(from)} to ${countText(to)} of ${countText(count)} of ${name}`
  })
  const readable = request.disclose === 'all' ? 'all of it' : request.disclose === 'none' ? 'nothing of it' : `records ${request.disclose.from} to ${request.disclose.to}`
  const car = request.identity ? [...request.identity.attributes].map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(cborToJson(value))}`).join(', ') : 'not said'
  return [
    `Wrote ${file} (${bytesText(bytes)}).`,
    hang('  shows     ', 12, shown.join(', '), width),
    hang('  readable  ', 12, readable, width),
    hang('  which car ', 12, car, width),
    'Anyone can verify it, offline:',
    `  telltale verify ${file} --network ${network}`,
  ].join('\n')
}

/** Streams of a device as --stream chooses them: `address/name`, all where it is left out (`unknown-stream`). */
export function chooseStreams(home: Home, device: DeviceProfile, named: string | undefined): string[] {
  return chooseNamed(streamsOfAsset(home, device.asset).filter((stream) => stream.startsWith(`${device.address}/`)), named)
}

/** The records of each stream that `--from` and `--to` ask for; streams without any are left out. */
export async function chooseRecords(home: Home, device: DeviceProfile, streams: string[], options: RangeOptions): Promise<RecordRange[]> {
  const chosen: RecordRange[] = []
  for (const stream of streams) {
    const count = countOf(home, stream)
    const range = count === 0 ? null : await resolveRange(home, stream, count, options)
    if (range) chosen.push({ stream, ...range })
  }
  return chosen
}

async function requestOf(home: Home, device: DeviceProfile, options: CertificateOptions): Promise<CertificateRequest> {
  const disclose = readDisclose(options.disclose)
  const streams = requireSome(await chooseRecords(home, device, chooseStreams(home, device, options.stream), options), options)
  const asset = home.profile.assets.find((item) => item.id === device.asset)
  const identity = asset && options.hideIdentity !== true ? identityOf(asset) : null
  return { asset: device.asset, streams, disclose, identity }
}

function requireSome(streams: RecordRange[], { from, to }: RangeOptions): RecordRange[] {
  if (streams.length > 0) return streams
  throw new UsageError('no-such-record', 'There are no records in this period.', { expected: 'a period with records', found: `${from ?? 'the first'} to ${to ?? 'the last'}` })
}

function readDisclose(text: string): CertificateRequest['disclose'] {
  if (text === 'all' || text === 'none') return text
  const match = /^(\d{1,10})\.\.(\d{1,10})$/.exec(text)
  if (!match || Number(match[1]) > Number(match[2])) throw new UsageError('usage', `--disclose ${text} is not understood.`, { expected: 'all, none or FROM..TO', found: text })
  return { from: Number(match[1]), to: Number(match[2]) }
}
