import { Type } from 'typebox'
import { bytesToHex, fail, hexToBytes } from '@telltale/core'
import type { ApiContext, MiningDesk } from '../context.ts'
import { forOperators, forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Count, Hash, Hex, answers, nullable, shape } from '../schema.ts'

const Work = shape({
  id: Hash,
  header: Type.Unsafe<string>({ ...Hex, description: 'bytes of the header; its last 8 are the nonce' }),
  height: Count,
  difficulty: Count,
})

const Miner = shape({ threads: Count, tries: Count, triesPerSecond: Count })

/** Work for this node's next block: whoever has machines fetches it and brings it back. */
export const work: Resource = (server, context) => {
  server.get(
    '/v1/work',
    {
      config: forReaders,
      schema: {
        operationId: 'getWork',
        tags: ['work'],
        summary: 'The work that the next block of this node waits for',
        description: 'Wanted is a nonce, the last 8 bytes of the header, with which SHA-256 of the header, read as a number with the highest byte first, times the difficulty is below 2^256. `work` is null while no block is wanted; ask again every second, also while searching: another `id` means that the one before may not be wanted any more. `miner` is what the node does itself.',
        response: answers({ 200: shape({ work: nullable(Work), miner: nullable(Miner) }) }, [409]),
      },
    },
    async () => {
      const desk = deskOf(context)
      const wanted = desk.work()
      return { work: wanted && { id: bytesToHex(wanted.id), header: bytesToHex(wanted.headerBytes), height: wanted.height, difficulty: wanted.difficulty }, miner: desk.status() }
    },
  )

  server.post(
    '/v1/work',
    {
      config: forOperators,
      schema: {
        operationId: 'bringWork',
        tags: ['work'],
        summary: 'A nonce that was found; the node seals the block and tells the others',
        body: shape({ id: Hash, nonce: Type.String({ pattern: '^[0-9a-f]{16}$', description: '8 bytes, lower-case hexadecimal' }) }),
        response: answers({ 200: shape({ height: Count, id: Hash }) }, [409, 413, 415]),
      },
    },
    async ({ body: { id, nonce } }) => {
      const sealed = await deskOf(context).takeWork(hexToBytes(id), hexToBytes(nonce))
      return { height: sealed.height, id: bytesToHex(sealed.id) }
    },
  )
}

function deskOf({ ledger, mining }: ApiContext): MiningDesk {
  if (mining && ledger.parameters(ledger.position.height + 1).workBits > 0) return mining
  throw fail('no-work-asked', 'Blocks of this network show no work.', { expected: 'a node of a network that asks for work', found: 'one of another' })
}
