import { asArray, asNullable, asUint, decode, decodePin, hexToBytes } from '@telltale/core'
import type { Client } from '@telltale/client'
import type { BlockView, ChainView } from '@telltale/node'

/** Key of the network's entry in the state: cbor [0]. */
const NETWORK_KEY = new Uint8Array([0x81, 0x00])
/** Blocks that a node lists at once. */
const PAGE = 100

/** How the chain of a node stands, as that node tells it. */
export async function viewRemoteChain(client: Client): Promise<ChainView> {
  const [network, health, head, pin, newest] = await Promise.all([
    client.call('getNetwork', {}),
    client.health(),
    client.call('getCheckpoint', {}),
    client.pin(),
    client.call('listBlocks', { query: { limit: 1 } }),
  ])
  const { checkpoint, set } = decodePin(pin)
  const [block] = newest.blocks
  const id = hexToBytes(network.network)
  const { value } = await client.state(id, NETWORK_KEY)
  return {
    network: id,
    parameters: network.parameters as ChainView['parameters'],
    height: health.height,
    id: hexToBytes(block?.id ?? network.network),
    timeMs: block?.timeMs ?? network.genesisMs,
    size: health.size,
    logRoot: hexToBytes(health.logRoot),
    stateRoot: hexToBytes(health.stateRoot),
    authorities: set,
    resumptions: readResumptions(value),
    certified: { checkpoint, set, cosigners: head.cosignatures },
  }
}

function readResumptions(value: Uint8Array | null): ChainView['resumptions'] {
  const [, , resumptions] = asArray(decode(value ?? new Uint8Array()), 'network entry', 4)
  return asArray(resumptions, 'resumptions').map((item) => {
    const [sizeSigned, sizeHeld, height] = asArray(item, 'resumption', 3)
    return { sizeSigned: asNullable(sizeSigned, (size) => asUint(size, 'size')), sizeHeld: asUint(sizeHeld, 'size'), height: asUint(height, 'height') }
  })
}

/** The last blocks, the newest first, with how many transactions of which call each holds. */
export async function viewRemoteBlocks(client: Client, count: number): Promise<BlockView[]> {
  const views: BlockView[] = []
  let before: number | undefined
  while (views.length < count) {
    const page = await client.call('listBlocks', { query: { limit: Math.min(PAGE, count - views.length), ...(before === undefined ? {} : { before }) } })
    for (const { height, id, timeMs, size } of page.blocks) views.push({ height, id: hexToBytes(id), timeMs, size, calls: await callsOf(client, height) })
    if (page.before === null) break
    before = page.before
  }
  return views
}

async function callsOf(client: Client, height: number): Promise<BlockView['calls']> {
  const { transactions } = await client.call('getBlock', { path: { height } })
  const counts = new Map<string, number>()
  for (const { callName } of transactions) counts.set(callName, (counts.get(callName) ?? 0) + 1)
  return [...counts].map(([name, count]) => ({ name, count }))
}
