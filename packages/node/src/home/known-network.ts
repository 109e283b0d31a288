import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToHex, decode, encode, equalBytes, fail, hexToBytes, setFromCbor, setToCbor } from '@telltale/core'
import type { AuthoritySet, Primitives } from '@telltale/core'
import { readGenesis } from '@telltale/ledger'
import { writeDurably } from '../keys/durable-file.ts'
import { makeDirectory } from './new-directory.ts'
import { knownFromJson, knownToJson, readProfile, writeProfile } from './profile.ts'
import type { Known } from './profile.ts'

/** The network that keys in a directory sign for at nodes elsewhere, and whose word counts there. */
export interface NetworkTrust {
  network: Uint8Array
  /** Authorities whose receipts are believed. */
  set: AuthoritySet
}

/** What a directory keeps of that network. */
export interface KnownNetwork {
  /** What it has to be, where anything says so: what was kept, or the network of the data directory. */
  readonly network: Uint8Array | null
  /** The authorities that are believed; null before the first time. */
  readonly set: AuthoritySet | null
  readonly known: Known
  /** From now on this is believed; on disk with the next `save` or `update`. */
  trust(trust: NetworkTrust): void
  save(): Promise<void>
  update(change: (known: Known) => Known): Promise<void>
}

const FILE = 'network.json'
const VERSION = 1

/**
 * `network.json` of a directory: {"version": 1, "network": hex, "authorities": hex of their set, "assets", "devices"}. A data directory has its assets and devices in
 * `telltale.json`, and keeps them there. Codes: `malformed-profile`, `other-network` where the two files disagree.
 */
export async function openKnownNetwork(directory: string): Promise<KnownNetwork> {
  const path = join(directory, FILE)
  let profile = await readProfile(directory)
  let kept = await readKept(path)
  if (profile && kept && !equalBytes(profile.network, kept.network)) throw fail('other-network', `${directory} holds another network than its keys were used for at a node. Use keys of another directory.`, { expected: bytesToHex(profile.network), found: bytesToHex(kept.network) })
  let isSaved = true
  const write = async (next: NetworkTrust & Known): Promise<void> => {
    const { network, set } = next
    kept = next
    isSaved = true
    await makeDirectory(directory)
    await writeDurably(path, Buffer.from(`${JSON.stringify({ version: VERSION, network: bytesToHex(network), authorities: bytesToHex(encode(setToCbor(set))), ...knownToJson(next) }, null, 2)}\n`), { mode: 0o600, replace: true })
  }
  return {
    get network() {
      return kept?.network ?? profile?.network ?? null
    },
    get set() {
      return kept?.set ?? null
    },
    get known() {
      return profile ?? kept ?? { assets: [], devices: [] }
    },
    trust({ network, set }) {
      kept = { network, set, assets: kept?.assets ?? [], devices: kept?.devices ?? [] }
      isSaved = false
    },
    async save() {
      if (kept && !isSaved) await write(kept)
    },
    async update(change) {
      if (profile) {
        profile = { ...profile, ...change(profile) }
        await writeProfile(directory, profile)
      } else if (kept) {
        await write({ ...kept, ...change(kept) })
      }
    },
  }
}

/** The network that a genesis begins, and its first authorities (the codes of `readGenesis`). */
export async function trustOfGenesis(bytes: Uint8Array, primitives: Primitives): Promise<NetworkTrust> {
  const { network, genesis } = await readGenesis(bytes, primitives)
  return { network, set: genesis.authorities.map(({ address, key }) => ({ address, keyNumber: 0, key })) }
}

async function readKept(path: string): Promise<(NetworkTrust & Known) | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    const json = JSON.parse(text) as { version: number; network: string; authorities: string }
    if (json.version !== VERSION) throw fail('malformed-profile', `The file has version ${String(json.version)}.`)
    return { network: hexToBytes(json.network), set: setFromCbor(decode(hexToBytes(json.authorities))), ...knownFromJson(json) }
  } catch (cause) {
    throw fail('malformed-profile', `${path} is damaged; restore it from a backup.`, { expected: 'a file written by a command with --node', found: text.slice(0, 40), cause })
  }
}
