import { isAddress } from '@telltale/core'
import type { Answer, Client } from '@telltale/client'
import { UsageError } from './failure.ts'
import type { Output } from './output.ts'

export type RemoteAsset = Answer<'getAsset'>
export type RemoteDevice = Answer<'getDevice'>

/** What one command lists of a node: more than anybody reads, and little enough to hold at once. */
const LISTED_MAX = 10_000
const PAGE = 100

export function listRemoteAssets(client: Client, output: Output): Promise<RemoteAsset[]> {
  return listAll(output, async (after) => {
    const page = await client.call('listAssets', { query: { limit: PAGE, ...after } })
    return { items: page.assets, after: page.after }
  })
}

export function listRemoteDevices(client: Client, output: Output): Promise<RemoteDevice[]> {
  return listAll(output, async (after) => {
    const page = await client.call('listDevices', { query: { limit: PAGE, ...after } })
    return { items: page.devices, after: page.after }
  })
}

async function listAll<T>(output: Output, ask: (after: { after?: string }) => Promise<{ items: T[]; after: string | null }>): Promise<T[]> {
  const found: T[] = []
  let after: string | null = null
  do {
    const page: { items: T[]; after: string | null } = await ask(after === null ? {} : { after })
    found.push(...page.items)
    after = page.after
  } while (after !== null && found.length < LISTED_MAX)
  if (after !== null) output.warn(`There are more than these ${found.length}; the node lists the rest behind ${after}.`)
  return found
}

/** The id of the asset that --asset names, or of the only one of a node (`asset-needed`). */
export async function chooseRemoteAsset(client: Client, named: string | undefined): Promise<string> {
  if (named !== undefined) {
    if (isAddress(named, 'ta')) return named
    throw new UsageError('asset-needed', `${named} is no id of an asset.`, { expected: 'ta1...', found: named })
  }
  const { assets } = await client.call('listAssets', { query: { limit: 2 } })
  const [asset] = assets
  if (asset && assets.length === 1) return asset.asset
  throw new UsageError('asset-needed', 'Choose an asset of this network with --asset ID; `telltale asset list --node URL` lists them.', { expected: 'one asset', found: assets.length === 0 ? 'none' : 'several' })
}
