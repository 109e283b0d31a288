import { Type } from 'typebox'
import { asArray, asText, bytesToHex, decode, encodeLinks, encodePin, fail, setHash } from '@telltale/core'
import type { Link } from '@telltale/core'
import { NETWORK_KEY, STATE_PREFIX, isInForce, networkAt, networkRowFromCbor, parametersAt, readGenesis, setAt } from '@telltale/ledger'
import { assetScan, streamScan } from '../state-scan.ts'
import type { ApiContext } from '../context.ts'
import { linksToHead } from '../../home/head-link.ts'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Address, Count, Hash, Ms, answers, bytesAnswer, nullable, shape } from '../schema.ts'

const Parameters = shape({
  name: Type.String(),
  sealers: Type.Enum(['authorities', 'anyone']),
  workBits: Count,
  blockMs: Ms,
  blockTransactionsMax: Count,
  blockBytesMax: Count,
  notesMax: Count,
  quotaBytes: Count,
  quotaWindowMs: Ms,
  lateMs: Ms,
  algorithms: Type.Array(Type.String()),
  retentionMs: nullable(Ms),
})

const Network = shape({
  network: Hash,
  name: Type.String(),
  isDemo: Type.Boolean(),
  genesisMs: Ms,
  height: Count,
  authorities: Type.Array(shape({ address: Address, keyNumber: Count, algorithm: Type.String() })),
  parameters: Parameters,
  parametersSinceHeight: Count,
  counts: shape({ transactions: Count, assets: Count, devices: Count }),
})

const Checkpoint = shape({
  checkpoint: shape({ height: Count, size: Count, logRoot: Hash, stateRoot: Hash, setHash: Hash, timeMs: Ms }),
  cosignatures: Type.Array(shape({ address: Address, keyNumber: Count, issuedAtSeconds: Count })),
})

export const network: Resource = (server, context) => {
  const { ledger, reader, chain, primitives, isDemo } = context
  const counts = createCounts(context)
  const genesisMs = keep(async () => (await readGenesis((await ledger.store.readBlock(0)).bytes, primitives)).genesis.timeMs)
  const timeOf = keep(async (index: number) => (await reader.transaction(index)).timeMs)
  server.get('/v1/network', { config: forReaders, schema: { operationId: 'getNetwork', tags: ['network'], summary: 'Who may certify, and what the network chose for itself', response: answers({ 200: Network }) } }, async () => {
    const { height, log } = ledger.position
    const row = networkRowFromCbor(decode(reader.state(NETWORK_KEY).value as Uint8Array))
    const parameters = parametersAt(row, height + 1)
    const authorities = setAt(row, height + 1).map(({ address, keyNumber, key }) => ({ address, keyNumber, algorithm: key.algorithm }))
    return { network: bytesToHex(ledger.network), name: parameters.name, isDemo, genesisMs: await genesisMs(0), height, authorities, parameters, parametersSinceHeight: row.parameters.findLast((interval) => isInForce(interval, height + 1))?.from ?? 0, counts: { transactions: log.size, ...(await counts()) } }
  })

  server.get('/v1/genesis', { config: forReaders, schema: { operationId: 'getGenesis', tags: ['network'], summary: 'The file that the network began with', response: answers({ 200: bytesAnswer('the genesis; its SHA-256 is the network id') }) } }, async (_, reply) => {
    const { bytes } = await ledger.store.readBlock(0)
    return reply.type('application/cbor').send(Buffer.from(bytes))
  })

  server.get(
    '/v1/checkpoint',
    { config: forReaders, schema: { operationId: 'getCheckpoint', tags: ['network'], summary: 'The newest certified checkpoint; as application/cbor the file that `verify --checkpoint` reads', response: answers({ 200: { description: 'the checkpoint', content: { 'application/json': { schema: Checkpoint }, 'application/cbor': { schema: Type.String({ format: 'binary' }) } } } }, [404]) } },
    async (request, reply) => {
      const { head } = chain
      if (!head) throw fail('nothing-certified', 'Nothing is certified yet.', { expected: 'a certified block', found: 'none' })
      const { checkpoint, cosignatures } = head
      if (/\bapplication\/cbor\b/.test(request.headers.accept ?? '')) return reply.type('application/cbor').send(Buffer.from(encodePin({ checkpoint, set: ledger.authorities(checkpoint.height) })))
      const { height, size, logRoot, stateRoot, setHash } = checkpoint
      const timeMs = await timeOf(size - 1)
      return { checkpoint: { height, size, logRoot: bytesToHex(logRoot), stateRoot: bytesToHex(stateRoot), setHash: bytesToHex(setHash), timeMs }, cosignatures: cosignatures.map(({ address, keyNumber, issuedAtSeconds }) => ({ address, keyNumber, issuedAtSeconds })) }
    },
  )

  server.get(
    '/v1/checkpoint/links',
    { config: forReaders, schema: { operationId: 'getLinks', tags: ['network'], summary: 'Steps of trust from a set of authorities, named by its hash, to the newest certified checkpoint: whoever believes these follows to those in force', querystring: shape({ set: Hash }), response: answers({ 200: bytesAnswer('the links, the newest checkpoint last: cbor [* link] of docs/formats.md') }, [404, 409]) } },
    async ({ query }, reply) => reply.type('application/cbor').send(Buffer.from(encodeLinks(linksFrom(context, query.set)))),
  )
}

/** The links from a set that was in force at some time, the last time if it was several times (`unknown-set` and the codes of `linksToHead`). */
export function linksFrom({ ledger, chain, primitives }: Pick<ApiContext, 'ledger' | 'chain' | 'primitives'>, hash: string): Link[] {
  const known = networkAt(ledger.position).sets.findLast(({ value }) => bytesToHex(setHash(value, primitives)) === hash)
  if (!known) throw fail('unknown-set', 'No set of authorities with this hash was ever in force in this network, as far as this node knows.', { expected: 'the hash of a set that was in force', found: hash })
  return linksToHead(chain, chain.head, { set: known.value, height: known.from }, primitives)
}

/** Reads what cannot change, a place of the log for instance, and keeps the newest; what could not be read is tried again. */
function keep<T>(read: (place: number) => Promise<T>): (place: number) => Promise<T> {
  let kept: { place: number; value: Promise<T> } | null = null
  return (place) => {
    if (kept?.place === place) return kept.value
    const reading = { place, value: read(place) }
    kept = reading
    reading.value.catch(() => {
      if (kept === reading) kept = null
    })
    return reading.value
  }
}

/** Counting means reading all keys, so it is done again only when it took less than a hundredth of the time since. */
const PATIENCE = 100

/** How many assets and devices there are; may lag behind where there are very many. */
function createCounts({ ledger, clock }: ApiContext): () => Promise<{ assets: number; devices: number }> {
  let known: { height: number; atMs: number; tookMs: number; counts: Promise<{ assets: number; devices: number }> } | null = null
  const count = async (): Promise<{ assets: number; devices: number }> => {
    let assets = 0
    for await (const _ of ledger.store.scan(assetScan())) assets += 1
    const devices = new Set<string>()
    for await (const [key] of ledger.store.scan(streamScan())) devices.add(asText(asArray(decode(key.subarray(STATE_PREFIX.length)), 'state key', 3)[1], 'device', 64))
    return { assets, devices: devices.size }
  }
  return () => {
    const { height } = ledger.position
    const nowMs = clock.nowMs()
    if (known && (known.height === height || nowMs - known.atMs < known.tookMs * PATIENCE)) return known.counts
    const counts = count()
    const started = { height, atMs: nowMs, tookMs: Number.MAX_SAFE_INTEGER / PATIENCE, counts }
    known = started
    counts.then(() => (started.tookMs = clock.nowMs() - nowMs), () => (known = null))
    return counts
  }
}
