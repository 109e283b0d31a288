import { Type } from 'typebox'
import { fail } from '@telltale/core'
import { makeCertificate } from '@telltale/certificate'
import type { CertificateRequest } from '@telltale/certificate'
import { splitStreamName } from '@telltale/ledger'
import type { ApiContext } from '../context.ts'
import { atHeadFromGenesis } from '../../home/head-link.ts'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { AssetId, Count, StreamPath, answers, bytesAnswer, shape } from '../schema.ts'
import { requireAsset, requireStream } from '../state-entries.ts'
import { createTurns } from '../turns.ts'

/** Records of one certificate made here: its proofs are computed while others wait. */
const RECORDS_MAX = 50_000
const STREAMS_MAX = 64
/** Certificates that may wait while one is made. */
const WAITING_MAX = 8

const Wanted = shape({ stream: StreamPath, from: Type.Optional(Count), to: Type.Optional(Count) })

export const certificates: Resource = (server, context) => {
  const inTurn = createTurns(WAITING_MAX, 'Several certificates are being made already; try again in a moment.')

  server.post(
    '/v1/certificates',
    {
      config: forReaders,
      schema: {
        operationId: 'makeCertificate',
        tags: ['certificates'],
        summary: 'A certificate of records of an asset, nothing of it disclosed',
        body: shape({ asset: AssetId, streams: Type.Array(Wanted, { minItems: 1, maxItems: STREAMS_MAX }) }),
        response: answers({ 200: bytesAnswer('the certificate, as `telltale verify` reads it') }, [404, 409, 413, 415]),
      },
    },
    async ({ body }, reply) => {
      const bytes = await inTurn(async () => makeCertificate(requestOf(context, body), materialsOf(context, (await context.ledger.store.readBlock(0)).bytes)))
      return reply.type('application/cbor').send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) as never)
    },
  )
}

/** The request, once it is known to be one that this node answers (`unknown-asset`, `unknown-stream`, `no-such-record`, `too-many-records`). */
function requestOf(context: ApiContext, { asset, streams }: { asset: string; streams: { stream: string; from?: number; to?: number }[] }): CertificateRequest {
  requireAsset(context, asset)
  let records = 0
  for (const { stream, from = 0, to } of streams) {
    const { device, name } = splitStreamName(stream) as { device: string; name: string }
    const { count } = requireStream(context, device, name)
    const last = to ?? count - 1
    if (from > last || last >= count) throw fail('no-such-record', `${stream} holds ${count} records; ${from} to ${last} are not among them.`, { expected: `0 to ${count - 1}`, found: `${from} to ${last}` })
    records += last + 1 - from
  }
  if (new Set(streams.map(({ stream }) => stream)).size !== streams.length) throw fail('stream-exists', 'A stream is named twice.', { expected: 'each stream once' })
  if (records > RECORDS_MAX) throw fail('too-many-records', 'A node makes no certificate of that many records for others; ask for fewer, or make it where the data lies.', { expected: `at most ${RECORDS_MAX} records`, found: String(records) })
  return { asset, streams: streams.map(({ stream, from = 0, to = null }) => ({ stream, from, to })), disclose: 'none', identity: null }
}

function materialsOf(context: ApiContext, genesis: Uint8Array): Parameters<typeof makeCertificate>[1] {
  const { ledger, reader, primitives } = context
  return {
    network: ledger.network,
    anchor: { kind: 'genesis', genesis },
    reader,
    atHead: (read) => atHeadFromGenesis(context, read),
    attachment: async () => null,
    keys: async () => null,
    primitives,
  }
}
