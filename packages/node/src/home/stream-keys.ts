import { coverRange, createRecordKeys, deriveCover, epochRoot } from '@telltale/core'
import type { DisclosedNode, RecordKeys } from '@telltale/core'
import { splitStreamName } from '@telltale/ledger'
import { openGrants, openGrantsWith } from './grants.ts'
import type { GrantSource, GrantedKeys } from './grants.ts'
import type { Home } from './home.ts'
import type { Place } from './place.ts'
import { createSecretsFile } from './secrets.ts'

/** The keys of one stream that are at hand: the device's own secrets, or what was granted to a reader whose seal key lies in this directory. */
export interface StreamKeys {
  /** Keys of an epoch's records, null where there are none; what is not granted has none. */
  recordKeys(epoch: number): Promise<RecordKeys | null>
  /** Keys of the minimal cover of a range, or null where not all of them are at hand. */
  cover(epoch: number, from: number, to: number): Promise<Uint8Array[] | null>
}

const DEPTH = 32

/** `reader` null takes what is there; an address only what was granted to it, as if the device's secrets were elsewhere. */
export function createStreamKeys(home: Home, stream: string, reader: string | null = null): StreamKeys {
  return streamKeysOf(home, stream, reader === null, () => openGrants(home, stream, reader))
}

/** The same of a directory whose ledger is elsewhere. */
export function createStreamKeysAt(place: Place, stream: string, reader: string | null, grants: GrantSource): StreamKeys {
  return streamKeysOf(place, stream, reader === null, () => openGrantsWith(place, stream, reader, grants))
}

function streamKeysOf({ directory, password, ledger: { network }, primitives }: Place, stream: string, isOwn: boolean, findGrants: () => Promise<GrantedKeys[]>): StreamKeys {
  const { device, name } = splitStreamName(stream) as { device: string; name: string }
  const secrets = isOwn ? createSecretsFile(directory, device, password) : null
  const byEpoch = new Map<number, DisclosedNode[]>()
  let grants: Promise<GrantedKeys[]> | null = null

  const nodesOf = async (epoch: number): Promise<DisclosedNode[]> => {
    const known = byEpoch.get(epoch)
    if (known) return known
    const found = await findNodes(epoch)
    byEpoch.set(epoch, found)
    return found
  }
  const findNodes = async (epoch: number): Promise<DisclosedNode[]> => {
    if (secrets && (await secrets.has(name, epoch))) return [epochRoot({ network, device, stream: name, epoch }, await secrets.get(name, epoch), primitives)]
    grants ??= findGrants()
    return (await grants).filter((grant) => grant.epoch === epoch).flatMap((grant) => grant.nodes)
  }

  return {
    async recordKeys(epoch) {
      const nodes = await nodesOf(epoch)
      return nodes.length === 0 ? null : createRecordKeys(nodes, primitives)
    },
    async cover(epoch, from, to) {
      const nodes = await nodesOf(epoch)
      const keys: Uint8Array[] = []
      for (const { depth, index } of coverRange(from, to)) {
        const node = nodes.find((candidate) => candidate.depth <= depth && Math.floor(index / 2 ** (depth - candidate.depth)) === candidate.index)
        if (!node) return null
        const width = 2 ** (DEPTH - depth)
        keys.push(...deriveCover(node, index * width, (index + 1) * width - 1, primitives))
      }
      return keys
    },
  }
}
