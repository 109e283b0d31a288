import { Type } from 'typebox'
import type { Static } from 'typebox'
import { bytesToHex, decodeSubmissions, decodeTransaction, fail, hexToBytes } from '@telltale/core'
import type { Submission } from '@telltale/core'
import type { ApiContext } from '../context.ts'
import { problemOf } from '../problem.ts'
import { forOperators, forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Count, Hash, Hex, Ms, Problem, answers, bytesAnswer, named, nullable, shape } from '../schema.ts'
import { statusAt } from '../submissions.ts'
import type { Outcome, Wait } from '../submissions.ts'

const Status = Type.Enum(['unknown', 'pending', 'included', 'final', 'certified', 'refused'])

const Result = shape({
  id: nullable(Hash),
  status: Status,
  index: Type.Optional(Count),
  height: Type.Optional(Count),
  receipt: Type.Optional(Hex),
  error: Type.Optional(named(Problem)),
  refusal: Type.Optional(Hex),
})

const Known = shape({
  id: Hash,
  status: Status,
  index: Type.Optional(Count),
  height: Type.Optional(Count),
  timeMs: Type.Optional(Ms),
  call: Type.Optional(Count),
  callName: Type.Optional(Type.String()),
  iss: Type.Optional(Type.String()),
  sub: Type.Optional(Type.String()),
  sequence: Type.Optional(Count),
  transaction: Type.Optional(Hex),
  error: Type.Optional(named(Problem)),
})

const byId = shape({ id: Hash })

export const transactions: Resource = (server, context) => {
  const { chain, reader } = context

  server.post(
    '/v1/transactions',
    {
      config: forOperators,
      schema: {
        operationId: 'submitTransactions',
        tags: ['transactions'],
        summary: 'Submit one transaction, or up to 100 with their attachments',
        description: 'The body is a transaction as it is signed, or cbor [+ [transaction: bstr, [* attachment: bstr]]]. Each has its own answer, in the same order. `certified` waits until it is durable and cosigned; `accepted` promises nothing.',
        consumes: ['application/cbor'],
        querystring: shape({
          wait: Type.Optional(Type.Enum(['certified', 'accepted'], { default: 'certified' })),
          receipts: Type.Optional(Type.Boolean({ default: true, description: 'whether receipts come along' })),
        }),
        response: answers({ 200: shape({ results: Type.Array(Result) }) }, [413, 415]),
      },
    },
    async ({ body, query: { wait = 'certified', receipts = true } }) => {
      const items = decodeSubmissions(body instanceof Uint8Array ? new Uint8Array(body.buffer, body.byteOffset, body.length) : new Uint8Array(0))
      const outcomes = await submitAll(context, items, wait)
      return { results: await Promise.all(outcomes.map((outcome) => resultOf(outcome, receipts ? (index) => chain.receipt(index) : null))) }
    },
  )

  server.get(
    '/v1/transactions/:id',
    { config: forReaders, schema: { operationId: 'getTransaction', tags: ['transactions'], summary: 'How a transaction stands', params: byId, response: answers({ 200: Known }) } },
    async ({ params: { id } }) => statusOf(context, id),
  )

  server.get(
    '/v1/transactions/:id/receipt',
    { config: forReaders, schema: { operationId: 'getReceipt', tags: ['transactions'], summary: 'Its receipt (RFC 9942) under the newest checkpoint', params: byId, response: answers({ 200: bytesAnswer('COSE_Sign1, the log root detached') }, [404, 409]) } },
    async ({ params: { id } }, reply) => {
      const index = reader.indexOf(hexToBytes(id))
      if (index === null) throw fail('no-such-transaction', 'The log holds no such transaction.', { expected: 'the id of a transaction in the log', found: id })
      if (statusAt(chain, index) !== 'certified') throw fail('not-certified-yet', 'The transaction stands in a block that is being certified; ask again.', { expected: 'a certified transaction', found: 'one in a block' })
      return reply.type('application/cbor').send(Buffer.from(await chain.receipt(index)))
    },
  )
}

/** Submits each, counts what became of it, and answers in their order. */
export async function submitAll({ submissions, metrics }: ApiContext, items: Submission[], wait: Wait): Promise<Outcome[]> {
  const outcomes = await Promise.all(items.map((item) => submissions.submit(item, wait)))
  for (const outcome of outcomes) {
    metrics.transactions.inc({ result: outcome.status })
    if (outcome.status === 'refused') metrics.refusals.inc({ code: outcome.error.code })
  }
  return outcomes
}

async function resultOf(outcome: Outcome, receipt: ((index: number) => Promise<Uint8Array>) | null): Promise<Static<typeof Result>> {
  const { id, status } = outcome
  switch (outcome.status) {
    case 'certified':
      return { id, status, index: outcome.index, height: outcome.height, ...(receipt ? { receipt: bytesToHex(await receipt(outcome.index)) } : {}) }
    case 'final':
      return { id, status, index: outcome.index, height: outcome.height }
    case 'pending':
      return { id, status }
    case 'refused':
      return { id, status, error: problemOf(outcome.error), ...(outcome.refusal ? { refusal: bytesToHex(outcome.refusal) } : {}) }
    case 'unknown':
      return { id, status, error: problemOf(outcome.error) }
  }
}

async function statusOf(context: ApiContext, id: string): Promise<Static<typeof Known>> {
  const index = context.reader.indexOf(hexToBytes(id))
  if (index !== null) {
    const { bytes, height, timeMs } = await context.reader.transaction(index)
    const { call, iss, sub, sequence } = decodeTransaction(bytes)
    return { id, status: statusAt(context.chain, index), index, height, timeMs, call, callName: context.callNames.get(call) ?? 'unknown', iss, sub, sequence, transaction: bytesToHex(bytes) }
  }
  if (context.submissions.isPending(id)) return { id, status: 'pending' }
  const refused = context.submissions.refused(id)
  return refused ? { id, status: 'refused', iss: refused.iss, sub: refused.sub, error: problemOf(refused.error) } : { id, status: 'unknown' }
}
