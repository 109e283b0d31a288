import { fail, hexToBytes } from '@telltale/core'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Hash, answers, bytesAnswer, shape } from '../schema.ts'

export const attachments: Resource = (server, { ledger }) => {
  server.get(
    '/v1/attachments/:sha256',
    { config: forReaders, schema: { operationId: 'getAttachment', tags: ['attachments'], summary: 'Bytes that a transaction refers to, as they came: bodies of records, sealed where their device sealed them', params: shape({ sha256: Hash }), response: answers({ 200: bytesAnswer('the bytes', 'application/octet-stream') }, [404]) } },
    async ({ params: { sha256 } }, reply) => {
      const bytes = await ledger.store.readAttachment(hexToBytes(sha256))
      if (!bytes) throw fail('no-such-attachment', 'These bytes are not here: never seen, kept no longer, or forgotten.', { expected: 'the SHA-256 of stored bytes', found: sha256 })
      return reply.type('application/octet-stream').header('cache-control', 'private, max-age=3600').send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) as never)
    },
  )
}
