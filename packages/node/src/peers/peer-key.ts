import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '@telltale/core'
import { writeDurably } from '../keys/durable-file.ts'

/** The seed by which a node proves its peer id to others. It signs nothing that the ledger knows; whoever copies it can only pretend to be this peer. */
const PEER_KEY_FILE = 'peer.key'
const SEED_BYTES = 32

/** The seed in a data directory, made where there is none (`malformed-peer-key`). */
export async function peerKeyOf(directory: string): Promise<Uint8Array> {
  const path = join(directory, PEER_KEY_FILE)
  try {
    const bytes = await readFile(path)
    if (bytes.length === SEED_BYTES) return new Uint8Array(bytes)
    throw fail('malformed-peer-key', `${path} is no key of a peer. Delete it, and the node gets a new one.`, { expected: `${SEED_BYTES} bytes`, found: `${bytes.length} bytes` })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const seed = randomBytes(SEED_BYTES)
  await writeDurably(path, seed, { mode: 0o600, replace: false })
  return new Uint8Array(seed)
}
