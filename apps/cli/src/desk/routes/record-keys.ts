import { bytesToHex, fail } from '@telltale/core'
import { createStreamKeys } from '@telltale/node'
import type { StreamKeys } from '@telltale/node'
import { Hash, RecordNumber, StreamPath, answers, forOperators, shape } from '@telltale/node/service'
import type { TypedServer } from '@telltale/node/service'
import { Type } from 'typebox'
import type { DeskContext } from '../desk.ts'

/** Keys of a range of records: the page opens them itself, so that no reading ever crosses this interface. */
export function recordKeys(server: TypedServer, { home }: DeskContext): void {
  const known = new Map<string, StreamKeys>()

  const cover = async (stream: string, epoch: number, from: number, to: number): Promise<Uint8Array[] | null> => {
    const found = await known.get(stream)?.cover(epoch, from, to)
    if (found) return found
    // What is remembered of a stream does not know of an epoch that began since.
    const fresh = createStreamKeys(home, stream)
    known.set(stream, fresh)
    return fresh.cover(epoch, from, to)
  }

  server.get(
    '/v1/desk/keys',
    {
      config: forOperators,
      schema: {
        operationId: 'getRecordKeys',
        tags: ['desk'],
        summary: 'Keys that open exactly these records of one epoch',
        querystring: shape({ stream: StreamPath, epoch: RecordNumber, from: RecordNumber, to: RecordNumber }),
        response: answers({ 200: shape({ nodes: Type.Array(Hash, { description: 'the minimal cover, see docs/formats.md' }) }) }, [404]),
      },
    },
    async ({ query: { stream, epoch, from, to } }) => {
      if (from > to) throw fail('malformed-request', 'The first record lies after the last.', { expected: 'from at or below to', found: `${from} to ${to}` })
      const nodes = await cover(stream, epoch, from, to)
      if (!nodes) throw fail('no-keys', `The keys of records ${from} to ${to} of ${stream} are not in this data directory.`, { expected: `keys of epoch ${epoch}`, found: 'none' })
      return { nodes: nodes.map(bytesToHex) }
    },
  )
}
