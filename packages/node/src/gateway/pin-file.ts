import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asExactly, asVersioned, bytesToHex, checkpointFromCbor, decode, equalBytes, fail, judge, setFromCbor, setHash } from '@telltale/core'
import type { AuthoritySet, Checkpoint, Primitives } from '@telltale/core'
import { writeDurably } from '../keys/durable-file.ts'

/** Whom a gateway believes: a checkpoint of its network, and the authorities in force there. */
export interface Pin {
  checkpoint: Checkpoint
  set: AuthoritySet
}

const PIN_FILE = 'pin'
const MAGIC = 'tt-checkpoint'

/** Reads a pinned checkpoint (`malformed-checkpoint`). */
function decodePin(bytes: Uint8Array, primitives: Primitives): Pin {
  const read = judge(() => {
    const [magic, , checkpoint, set] = asVersioned(decode(bytes), 'checkpoint file', 4, 1)
    asExactly(magic, MAGIC, 'checkpoint file')
    return { checkpoint: checkpointFromCbor(checkpoint), set: setFromCbor(set) }
  })
  if (read.ok && equalBytes(setHash(read.value.set, primitives), read.value.checkpoint.setHash)) return read.value
  throw fail('malformed-checkpoint', 'This is not a pinned checkpoint that can be read here.', { expected: 'what `telltale chain show --out` or a node writes', found: read.ok ? 'another set than the checkpoint names' : read.verdict.message })
}

/**
 * The pin of a gateway's directory. The first is what `given` holds or, without it, what the node itself offers; whoever runs the gateway is told then, and
 * compares. Later only the same network and the same authorities will do (`other-network`, `set-mismatch`).
 */
export async function openPin(directory: string, given: Uint8Array | null, offer: () => Promise<Uint8Array>, primitives: Primitives): Promise<{ pin: Pin; isOffered: boolean }> {
  const kept = await readKept(directory)
  const first = given ?? kept ?? (await offer())
  const pin = decodePin(first, primitives)
  if (kept) requireSame(decodePin(kept, primitives), pin)
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

function requireSame(kept: Pin, given: Pin): void {
  const [before, now] = [kept.checkpoint, given.checkpoint]
  if (!equalBytes(before.network, now.network)) throw fail('other-network', 'The directory belongs to a gateway of another network.', { expected: bytesToHex(before.network), found: bytesToHex(now.network) })
  if (!equalBytes(before.setHash, now.setHash)) throw fail('set-mismatch', 'The checkpoint names other authorities than those that this gateway believes.', { expected: bytesToHex(before.setHash), found: bytesToHex(now.setHash) })
}
