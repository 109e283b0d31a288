import { Type } from 'typebox'
import { bytesToHex, fail, hexToBytes } from '@telltale/core'
import { loadPace } from '@telltale/consensus'
import { nextDifficulty } from '@telltale/ledger'
import type { ApiContext, MiningDesk } from '../context.ts'
import { forOperators, forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Count, Hash, Hex, Nonce, answers, nullable, shape } from '../schema.ts'

const Work = shape({
  id: Hash,
  header: Type.Unsafe<string>({ ...Hex, description: 'bytes of the header; its last 8 are the nonce' }),
  height: Count,
  difficulty: Count,
})

const Miner = shape({ threads: Count, tries: Count, triesPerSecond: Count })

/** Work for this node's next block: whoever has machines fetches it and brings it back. */
export const work: Resource = (server, context) => {
  const nextDifficultyOf = createNextDifficulty(context)
  server.get(
    '/v1/work',
    {
      config: forReaders,
      schema: {
        operationId: 'getWork',
        tags: ['work'],
        summary: 'The work that the next block of this node waits for',
        description: 'Wanted is a nonce, the last 8 bytes of the header, with which SHA-256 of the header, read as a number with the highest byte first, times the difficulty is below 2^256. `work` is null while no block is wanted; ask again every second, also while searching: another `id` means that the one before may not be wanted any more. `difficulty` is that of the next block, wanted or not: so many hashes it costs in the mean. `miner` is what the node does itself; null where it has no threads for it.',
        response: answers({ 200: shape({ work: nullable(Work), difficulty: Count, miner: nullable(Miner) }) }, [409]),
      },
    },
    async () => {
      const desk = deskOf(context)
      const wanted = desk.work()
      const miner = desk.status()
      return { work: wanted && { id: bytesToHex(wanted.id), header: bytesToHex(wanted.headerBytes), height: wanted.height, difficulty: wanted.difficulty }, difficulty: wanted?.difficulty ?? (await nextDifficultyOf()), miner: miner.threads === 0 ? null : miner }
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
        body: shape({ id: Hash, nonce: Nonce }),
        response: answers({ 200: shape({ height: Count, id: Hash }) }, [409, 413, 415]),
      },
    },
    async ({ body: { id, nonce } }) => {
      const sealed = await deskOf(context).takeWork(hexToBytes(id), hexToBytes(nonce))
      return { height: sealed.height, id: bytesToHex(sealed.id) }
    },
  )
}

/** The difficulty after the newest final block; read once for each, as miners ask four times a second. */
function createNextDifficulty({ ledger, primitives }: ApiContext): () => Promise<number> {
  let kept: { height: number; difficulty: number } | null = null
  return async () => {
    const { height } = ledger.position
    if (kept?.height === height) return kept.difficulty
    const difficulty = nextDifficulty(await loadPace(ledger, primitives), ledger.parameters(height + 1))
    kept = { height, difficulty }
    return difficulty
  }
}

function deskOf({ ledger, mining }: ApiContext): MiningDesk {
  if (mining && ledger.parameters(ledger.position.height + 1).workBits > 0) return mining
  throw fail('no-work-asked', 'Blocks of this network show no work.', { expected: 'a node of a network that asks for work', found: 'one of another' })
}
