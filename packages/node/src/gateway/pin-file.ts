import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToHex, decodePin, equalBytes, fail, setHash } from '@telltale/core'
import type { PinnedCheckpoint, Primitives } from '@telltale/core'
import { writeDurably } from '../keys/durable-file.ts'

const PIN_FILE = 'pin'

/** Whom a gateway believes: a checkpoint of its network, and the authorities in force there, which it names (`malformed-checkpoint`). */
function readPin(bytes: Uint8Array, primitives: Primitives): PinnedCheckpoint {
  const pin = decodePin(bytes)
  if (equalBytes(setHash(pin.set, primitives), pin.checkpoint.setHash)) return pin
  throw fail('malformed-checkpoint', 'The pinned checkpoint names another set of authorities than the one beside it.', { expected: 'the set that the checkpoint commits to', found: 'another set' })
}

/**
 * The pin of a gateway's directory. The first is what `given` holds or, without it, what the node itself offers; whoever runs the gateway is told then, and
 * compares. Later only the same network and the same authorities will do (`other-network`, `set-mismatch`).
 */
export async function openPin(directory: string, given: Uint8Array | null, offer: () => Promise<Uint8Array>, primitives: Primitives): Promise<{ pin: PinnedCheckpoint; isOffered: boolean }> {
  const kept = await readKept(directory)
  const first = given ?? kept ?? (await offer())
  const pin = readPin(first, primitives)
  if (kept) requireSame(readPin(kept, primitives), pin)
  else await writeDurably(join(directory, PIN_FILE), first, { mode: 0o600, replace: true })
  return { pin, isOffered: !kept && !given }
}

async function readKept(directory: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(join(directory, PIN_FILE)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function requireSame(kept: PinnedCheckpoint, given: PinnedCheckpoint): void {
  const [before, now] = [kept.checkpoint, given.checkpoint]
  if (!equalBytes(before.network, now.network)) throw fail('other-network', 'The directory belongs to a gateway of another network.', { expected: bytesToHex(before.network), found: bytesToHex(now.network) })
  if (!equalBytes(before.setHash, now.setHash)) throw fail('set-mismatch', 'The checkpoint names other authorities than those that this gateway believes.', { expected: bytesToHex(before.setHash), found: bytesToHex(now.setHash) })
}
