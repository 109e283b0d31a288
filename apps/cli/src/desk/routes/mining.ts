import { availableParallelism } from 'node:os'
import { fail } from '@telltale/core'
import { nextHeight } from '@telltale/node'
import type { Home } from '@telltale/node'
import { Count, answers, forOperators, shape } from '@telltale/node/service'
import type { TypedServer } from '@telltale/node/service'
import { Type } from 'typebox'
import type { DeskContext } from '../desk.ts'

const THREADS_MAX = 256

const Threads = shape({ threads: Count, machine: Type.Unsafe<number>({ ...Count, description: 'threads that this machine runs at once' }) })

/** How much of this machine works for the blocks of its node; until the node is started again, which goes by --mining-threads. */
export function mining(server: TypedServer, { home }: DeskContext): void {
  server.get(
    '/v1/desk/mining',
    { config: forOperators, schema: { operationId: 'getMining', tags: ['desk'], summary: 'Threads of this node that do the work for its blocks', response: answers({ 200: Threads }, [409]) } },
    async () => showThreads(home),
  )

  server.post(
    '/v1/desk/mining',
    { config: forOperators, schema: { operationId: 'setMining', tags: ['desk'], summary: 'More or fewer of them; with 0 only others work', body: shape({ threads: Type.Integer({ minimum: 0, maximum: THREADS_MAX }) }), response: answers({ 200: Threads }, [409, 413, 415]) } },
    async ({ body: { threads } }) => {
      await minerOf(home).setThreads(threads)
      return showThreads(home)
    },
  )
}

function showThreads(home: Home) {
  return { threads: minerOf(home).status().threads, machine: availableParallelism() }
}

function minerOf(home: Home): NonNullable<Home['mining']> {
  const { mining: desk, ledger } = home
  if (desk && ledger.parameters(nextHeight(home)).workBits > 0) return desk
  throw fail('no-work-asked', 'Blocks of this network show no work.', { expected: 'a node of a network that asks for work', found: 'one of another' })
}
