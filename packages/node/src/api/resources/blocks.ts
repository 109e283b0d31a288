import { Type } from 'typebox'
import { bytesToHex, decodeTransaction, fail, transactionId } from '@telltale/core'
import { createBlockSummaries } from '../block-summary.ts'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Address, Count, Hash, Ms, answers, limitOf, nullable, shape } from '../schema.ts'

const BLOCKS_MAX = 100
const TRANSACTIONS_MAX = 5000

const lines = { height: Count, id: Hash, timeMs: Ms, size: Count, bytes: Count, sealer: Address }
const BlockLine = shape({ ...lines, transactions: Count })
const BlockTransaction = shape({ id: Hash, index: Count, call: Count, callName: Type.String(), iss: Address, sub: Type.String(), sequence: Count, bytes: Count })

export const blocks: Resource = (server, { ledger, primitives, callNames }) => {
  const summaries = createBlockSummaries(ledger)

  server.get(
    '/v1/blocks',
    {
      config: forReaders,
      schema: {
        operationId: 'listBlocks',
        tags: ['blocks'],
        summary: 'Blocks, the newest first',
        querystring: shape({ before: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'only blocks below this height' })), limit: limitOf(BLOCKS_MAX, 20) }),
        response: answers({ 200: shape({ blocks: Type.Array(BlockLine), before: nullable(Count) }) }),
      },
    },
    async ({ query: { before = Number.MAX_SAFE_INTEGER, limit = 20 } }) => {
      const newest = Math.min(ledger.position.height, before - 1)
      const found = []
      for (let height = newest; height >= 1 && found.length < limit; height--) found.push(await summaries.of(height))
      const last = found.at(-1)?.height ?? 1
      return { blocks: found, before: last > 1 ? last : null }
    },
  )

  server.get(
    '/v1/blocks/:height',
    {
      config: forReaders,
      schema: {
        operationId: 'getBlock',
        tags: ['blocks'],
        summary: 'A block and what it holds; the genesis is at /v1/genesis',
        params: shape({ height: Count }),
        querystring: shape({ from: Type.Optional(Count), limit: limitOf(TRANSACTIONS_MAX, TRANSACTIONS_MAX) }),
        response: answers({ 200: shape({ ...lines, logRoot: Hash, stateRoot: Hash, count: Count, transactions: Type.Array(BlockTransaction), from: nullable(Count) }) }, [404]),
      },
    },
    async ({ params: { height }, query: { from = 0, limit = TRANSACTIONS_MAX } }) => {
      const newest = ledger.position.height
      if (height < 1 || height > newest) throw fail('no-such-block', `There is no block ${height}.`, { expected: `1 to ${newest}`, found: String(height) })
      const { block, summary } = await summaries.read(height)
      const first = summary.size - summary.transactions
      const transactions = block.transactions.slice(from, from + limit).map((bytes, i) => {
        const transaction = decodeTransaction(bytes)
        const { call, iss, sub, sequence } = transaction
        return { id: bytesToHex(transactionId(transaction, primitives)), index: first + from + i, call, callName: callNames.get(call) ?? 'unknown', iss, sub, sequence, bytes: bytes.length }
      })
      const next = from + transactions.length
      return { ...summary, logRoot: bytesToHex(block.header.logRoot), stateRoot: bytesToHex(block.header.stateRoot), count: summary.transactions, transactions, from: next < summary.transactions ? next : null }
    },
  )
}
