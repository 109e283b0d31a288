import { NO_PREVIOUS, TelltaleError, decode, encode, portable } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { makeCertificate } from '@telltale/certificate'
import { parametersFromCbor } from '@telltale/ledger'
import { actor, filled } from './actors.ts'
import { admit, createAsset, enrolDevice, odometer, openRecordOf } from './calls.ts'
import { GENESIS_MS, createHistory } from './history.ts'
import type { History } from './history.ts'
import { AUTHORITY, DEVICE, OWNER } from './small-story.ts'
import { hex } from './vector.ts'
import type { Json } from './vector.ts'

const RETENTION_MS = 7_776_000_000

/** A network that keeps attachments for 90 days: its genesis, a certificate of a record whose body is gone, and parameters that are refused. */
export async function retentionVectors(): Promise<{ [name: string]: Json }> {
  const history = await createHistory([AUTHORITY], 'kept for 90 days', { retentionMs: RETENTION_MS })
  const parameters = (decode(history.genesis) as Cbor[])[6] as Map<string, Cbor>
  const certificate = await certificateWithoutBody(history)
  return { parameters: hex(encode(parameters)), genesis: hex(history.genesis), network: hex(history.ledger.network), certificate: hex(certificate), refused: refusedParameters(parameters) }
}

async function certificateWithoutBody(history: History): Promise<Uint8Array> {
  const { ledger, reader, genesis } = history
  await history.send(await admit(history, AUTHORITY, OWNER, AUTHORITY.address, [['owner', null, null]]))
  const { id: asset } = await createAsset(history, AUTHORITY, OWNER, new Map<string, Cbor>([['vin', 'JTMRFREV0HJ000001']]))
  await history.send(await enrolDevice(history, OWNER, asset, actor(4), ['odometer']))
  const { message, body } = openRecordOf({ device: DEVICE, stream: 'odometer', sequence: 0, previous: NO_PREVIOUS, boot: filled(0xb0, 6) }, 0, [odometer(15_250, GENESIS_MS)])
  await history.send(message, [body])
  const { height } = ledger.position
  await ledger.store.dropOld(height, async () => [portable.sha256(body)])
  const head = await history.linkTo(height, ledger.authorities(height))
  return makeCertificate(
    { asset, streams: [{ stream: `${DEVICE.address}/odometer`, from: 0, to: 0 }], disclose: 'none', identity: null },
    { network: ledger.network, anchor: { kind: 'genesis', genesis }, reader, atHead: async (read) => read(head, []), attachment: (sha256) => ledger.store.readAttachment(sha256), keys: async () => null, primitives: portable },
  )
}

/** Each with the code that it gets. */
function refusedParameters(honest: Map<string, Cbor>): Json[] {
  const cases: [string, Cbor][] = [['below a minute', 59_999], ['above 2^40', 2 ** 40 + 1], ['null', null], ['text', '90d'], ['below zero', -1], ['zero', 0]]
  const unknown = new Map([...honest, ['retention-days', 90]] as [string, Cbor][])
  return [...cases.map(([name, value]) => refusal(name, new Map([...honest, ['retention-ms', value]] as [string, Cbor][]))), refusal('another name beside it', unknown)]
}

function refusal(name: string, parameters: Map<string, Cbor>): Json {
  try {
    parametersFromCbor(decode(encode(parameters)))
  } catch (error) {
    if (error instanceof TelltaleError) return { name, parameters: hex(encode(parameters)), code: error.code }
    throw error
  }
  return { name, parameters: hex(encode(parameters)), code: null }
}
