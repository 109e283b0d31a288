import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { assertProblem, getJson, signRecords, submit, withNode } from './running-node.ts'
import type { RunningNode } from './running-node.ts'

interface Event {
  id: string | undefined
  event: string
  data: Record<string, unknown>
}

/** Listens until so many events came, then goes. */
async function listen(node: RunningNode, count: number, { cursor, lastId, onOpen }: { cursor?: string; lastId?: string; onOpen?: () => Promise<void> } = {}): Promise<Event[]> {
  const gone = new AbortController()
  const response = await fetch(`${node.url}/v1/events${cursor === undefined ? '' : `?cursor=${cursor}`}`, { headers: lastId === undefined ? {} : { 'last-event-id': lastId }, signal: gone.signal })
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  const events: Event[] = []
  let held = ''
  let isOpen = false
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    if (!isOpen) void onOpen?.()
    isOpen = true
    held += piece
    const parts = held.split('\n\n')
    held = parts.pop() as string
    for (const part of parts) {
      const fields: Record<string, string> = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]))
      if (fields['event'] !== undefined) events.push({ id: fields['id'], event: fields['event'], data: JSON.parse(fields['data'] ?? '') as Record<string, unknown> })
    }
    if (events.length >= count) break
  }
  gone.abort()
  return events.slice(0, count)
}

suite('events', () => {
  test('from the beginning: records before the block that holds them; every id is a place to go on from', async () => {
    await withNode(async (node) => {
      await submit(node, await signRecords(node, 3))
      const { height } = node.home.ledger.position
      const all = await listen(node, height + 3, { cursor: '0' })
      assert.deepEqual(all.filter(({ event }) => event === 'block').map(({ data }) => data['height']), Array.from({ length: height }, (_, i) => i + 1))
      assert.deepEqual(all.filter(({ event }) => event === 'record').map(({ data }) => data['sequence']), [0, 1, 2])
      for (const [i, { id }] of all.slice(0, -1).entries()) {
        assert.deepEqual(await listen(node, all.length - 1 - i, { cursor: id! }), all.slice(i + 1), String(id))
      }
      assert.deepEqual(await listen(node, 1, { lastId: all.at(-2)!.id! }), all.slice(-1))
    })
  })

  test('what comes arrives as it comes, refusals too, and nothing of before', async () => {
    await withNode(async (node) => {
      const [one, two, three] = await signRecords(node, 3)
      await submit(node, [one!])
      const came = await listen(node, 3, {
        onOpen: async () => {
          await submit(node, [three!])
          await submit(node, [two!])
        },
      })
      assert.deepEqual(came.map(({ event }) => event), ['refused', 'record', 'block'])
      assert.deepEqual([came[0]?.id, came[0]?.data['code'], came[0]?.data['sub'], came[1]?.data['sequence']], [undefined, 'gap', 'odometer', 1])
    })
  })

  test('a cursor that the chain has not reached, or that is none', async () => {
    await withNode(async (node) => {
      const { height } = node.home.ledger.position
      assert.equal((await listen(node, 1, { cursor: `${height - 1}` }))[0]?.id, `${height}`)
      assertProblem(await getJson(node, `/v1/events?cursor=${height + 1}`), { status: 409, code: 'cursor-from-the-future' })
      for (const cursor of ['-1', 'x', '1.', '1.2.3', '01']) assertProblem(await getJson(node, `/v1/events?cursor=${cursor}`), { status: 400, code: 'malformed-cursor' })
    })
  })

  test('as many may listen as are allowed, and whoever goes makes room', async () => {
    await withNode(
      async (node) => {
        const [first, second] = [new AbortController(), new AbortController()]
        for (const { signal } of [first, second]) assert.equal((await fetch(`${node.url}/v1/events`, { signal })).status, 200)
        assertProblem(await getJson(node, '/v1/events'), { status: 503, code: 'too-many-listeners' })
        first.abort()
        for (let i = 0; i < 100 && (await fetch(`${node.url}/v1/events?cursor=999`)).status !== 409; i++) await new Promise((resolve) => setTimeout(resolve, 10))
        await new Promise((resolve) => setTimeout(resolve, 50))
        const third = new AbortController()
        assert.equal((await fetch(`${node.url}/v1/events`, { signal: third.signal })).status, 200)
        for (const controller of [second, third]) controller.abort()
      },
      { settings: { listenersMax: 2 } },
    )
  })
})
