import type { Command } from 'commander'
import { bytesToHex, isAddress } from '@telltale/core'
import { callNames, findCall } from '@telltale/node'
import type { SigningPlace } from '@telltale/node'
import { wrap } from '../layout.ts'
import { outputOf } from '../options.ts'
import { addressOf } from '../people.ts'
import { addPlaceOptions, withWorkplace } from '../workplace.ts'
import type { PlaceOptions } from '../workplace.ts'
import { readArguments } from './send/arguments.ts'
import { parseJson } from './send/json.ts'

interface SendOptions extends PlaceOptions {
  key: string
  sub?: string
}

export function addSend(program: Command): void {
  addPlaceOptions(program.command('send'))
    .description('send any transaction, its arguments as JSON')
    .argument('<call>', 'name or number of the call')
    .argument('<json>', 'its arguments, a JSON array; - reads standard input')
    .requiredOption('--key <name>', 'key that signs')
    .option('--sub <subject>', 'what it is about: an address, a key by name, an asset, address/stream; the sender itself if not given')
    .addHelpText('after', `
What JSON has no word for is an object with one member:
  {"hex": "00ff"}        bytes                {"map": {"km": 5}}    a map
  {"cbor": "a10102"}     anything, as it is encoded
  {"decimal": "29.38"}   an exact number      {"address": "NAME"}   address of a key
  {"key": "NAME"}        public key of a key (COSE_Key)
  {"signature": "NAME"}  that key's own signature, in admit, rotate and enrol-device
  {"consent": "NAME"}    that key's consent to all before it; last in the array
  {"attachment": "FILE"} [SHA-256, length] of a file, which is sent along
  {"proposal": [KIND, VALUE]}  hash of a proposal, to approve it

${wrap(`Calls: ${callNames().map(({ number, name }) => `${name} ${number}`).join(', ')}.`, 80).join('\n')}

Examples:
  telltale keys new dealer
  telltale send admit '[{"key": "dealer"}, {"signature": "dealer"}, {"address": "authority"},
    [["operator", "service", null]]]' --key authority --sub dealer
  telltale send roles '[[["operator", "service", 1798761600000]]]' --key authority --sub dealer
  telltale send suspend '["left the company"]' --key authority --sub dealer
  telltale send seal-key '[0, {"hex": "..."}]' --key dealer --keys my-keys \\
    --node http://127.0.0.1:8362`)
    .action(async (named: string, json: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<SendOptions>()
      const output = outputOf(options)
      const call = findCall(named)
      const given = await parseJson(json)
      await withWorkplace(command, options, { output, use: 'sign' }, async ({ place }) => {
        const key = await place.wallet.open(options.key)
        const sub = options.sub === undefined ? key.address : await subjectOf(place, options.sub)
        const prepared = await readArguments(place, given, { call: call.number, iss: key.address, sub })
        const { id, height, index } = await place.send({ ...prepared, key, call: call.number, sub })
        output.result({ call: call.name, iss: key.address, sub, id: bytesToHex(id), height, index }, `Sent ${call.name}; it is certified.\nid      ${bytesToHex(id)}\nheight  ${height}\nindex   ${index}`)
      })
    })
}

/** Keys are meant by name; assets, proposals, addresses and `address/stream` stand for themselves. */
async function subjectOf(home: SigningPlace, named: string): Promise<string> {
  const [first = '', ...rest] = named.split('/')
  if (isAddress(first, 'ta') || isAddress(first, 'tp')) return named
  return [await addressOf(home, first), ...rest].join('/')
}
