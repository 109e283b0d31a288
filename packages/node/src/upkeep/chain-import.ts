import type { FileHandle } from 'node:fs/promises'
import { bytesToHex, equalBytes, fail } from '@telltale/core'
import { createBlockIntake, createInlineVerifier } from '@telltale/consensus'
import type { MayLack } from '@telltale/consensus'
import { readChainItems } from './chain-file.ts'
import { findLackingBodies } from './lacking-bodies.ts'
import type { LackingBodies } from './lacking-bodies.ts'
import type { OpenedLedger } from './open-ledger.ts'

export interface ChainImport {
  network: string
  /** Where the directory stood before, and stands now. */
  from: number
  height: number
  /** Transactions in the log now. */
  size: number
  cosignatures: number
  /** Blocks at the end that the file does not show to be final: they come from the network. */
  open: number
  /** Bodies that were dropped where the file was written. */
  dropped: number
}

/** Bytes of bodies that may come before one block: a full pool of what one authority takes at once. */
const BODIES_BYTES_MAX = 536_870_912

/** The genesis of a chain file: what its network begins with (the codes of `readChainItems`). */
export async function readChainGenesis(file: FileHandle): Promise<Uint8Array> {
  for await (const { item } of readChainItems(file)) if (item.kind === 'head') return item.genesis
  throw fail('not-a-chain-file', 'This is no file that `telltale chain export` wrote.', { expected: 'a chain file', found: 'another file' })
}

/**
 * Takes the blocks of a file into a directory of the same network, each checked as one of a peer would be. What was taken stays whatever follows: after a refusal or an
 * interruption the next import goes on there. Codes: `other-network`, those of `readChainItems` and of `BlockIntake`, `interrupted` by the caller's signal.
 */
export async function importChain({ ledger, primitives }: Pick<OpenedLedger, 'ledger' | 'primitives'>, file: FileHandle, { onProgress, signal, nowMs }: { onProgress(done: number, total: number): void; signal: AbortSignal; nowMs: () => number }): Promise<ChainImport> {
  const intake = await createBlockIntake({ ledger, primitives, verifier: createInlineVerifier(primitives), clock: { nowMs } })
  const done: ChainImport = { network: bytesToHex(ledger.network), from: ledger.position.height, height: 0, size: 0, cosignatures: 0, open: 0, dropped: 0 }
  let bodies: Uint8Array[] = []
  let bodiesBytes = 0
  let promised = 0
  let height = 0
  let lacking: LackingBodies | null = null
  for await (const { item, position, size } of readChainItems(file)) {
    signal.throwIfAborted()
    switch (item.kind) {
      case 'head':
        requireNetwork(primitives.sha256(item.genesis), ledger.network)
        promised = item.height
        break
      case 'attachment':
        bodiesBytes += item.bytes.length
        if (bodiesBytes > BODIES_BYTES_MAX) throw fail('chain-file-damaged', 'More bytes come before a block than any block refers to.', { expected: `at most ${BODIES_BYTES_MAX}`, found: String(bodiesBytes) })
        bodies.push(item.bytes)
        break
      case 'block':
        height += 1
        if (item.dropped.length > 0) lacking ??= await findLackingBodies(ledger, file)
        await intake.take({ bytes: item.bytes, attachments: bodies }, height, mayLackOf(item.dropped, lacking))
        if (height > done.from) done.dropped += item.dropped.length
        bodies = []
        bodiesBytes = 0
        break
      case 'cosignatures':
        // Those of blocks that were here before are here too.
        if (height > done.from) {
          await intake.takeCosignatures(item.cosignatures)
          done.cosignatures += item.cosignatures.length
        }
        break
      case 'end':
        if (item.height !== height || promised !== height) throw fail('chain-file-cut', 'The file lacks blocks between its head and its end.', { expected: `${Math.max(promised, item.height)} blocks`, found: String(height) })
    }
    onProgress(position, size)
  }
  const { position } = ledger
  return { ...done, height: position.height, size: position.log.size, open: intake.openCount }
}

/** Only what the file names, and only where it also shows a reason. */
function mayLackOf(dropped: Uint8Array[], lacking: LackingBodies | null): MayLack {
  const named = new Set(dropped.map(bytesToHex))
  return (read, sha256, blockTimeMs) => lacking !== null && named.has(bytesToHex(sha256)) && lacking.mayLack(read, blockTimeMs)
}

function requireNetwork(found: Uint8Array, expected: Uint8Array): void {
  if (!equalBytes(found, expected)) throw fail('other-network', 'The file is of another network than the directory.', { expected: bytesToHex(expected), found: bytesToHex(found) })
}
