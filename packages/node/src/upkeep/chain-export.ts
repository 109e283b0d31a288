import { decodeBlock } from '@telltale/ledger'
import { encodeChainItem } from './chain-file.ts'
import type { ChainItem } from './chain-file.ts'
import { judgeCosignatures } from './kept-cosignatures.ts'
import type { KeptCosignature } from './kept-cosignatures.ts'
import type { OpenedLedger } from './open-ledger.ts'

export interface ChainExport {
  height: number
  transactions: number
  attachments: number
  /** Bodies that were dropped here: the file names them. */
  dropped: number
  cosignatures: number
  bytes: number
}

type ReadLedger = Pick<OpenedLedger, 'ledger' | 'reader' | 'primitives'>

/** Gives every final block with its attachments and cosignatures to `write`, in the form of a chain file; stops between two blocks once the signal fires. */
export async function exportChain(opened: ReadLedger, { write, onBlock, signal }: { write(bytes: Uint8Array): Promise<void>; onBlock(height: number, target: number): void; signal: AbortSignal }): Promise<ChainExport> {
  const { ledger } = opened
  const { height: target } = ledger.position
  const done: ChainExport = { height: target, transactions: ledger.position.log.size, attachments: 0, dropped: 0, cosignatures: 0, bytes: 0 }
  const put = async (item: ChainItem): Promise<void> => {
    const bytes = encodeChainItem(item)
    done.bytes += bytes.length
    await write(bytes)
  }
  const cosignatures = createCosignatureWalk(opened)
  await put({ kind: 'head', genesis: (await ledger.store.readBlock(0)).bytes, height: target })
  for (let height = 1; height <= target; height++) {
    signal.throwIfAborted()
    const { bytes } = await ledger.store.readBlock(height)
    const { bodies, dropped } = await bodiesOf(opened, bytes)
    for (const body of bodies) await put({ kind: 'attachment', bytes: body })
    await put({ kind: 'block', bytes, dropped })
    const own = await cosignatures.of(height)
    if (own.length > 0) await put({ kind: 'cosignatures', cosignatures: own })
    done.attachments += bodies.length
    done.dropped += dropped.length
    done.cosignatures += own.length
    onBlock(height, target)
  }
  await put({ kind: 'end', height: target })
  return done
}

async function bodiesOf({ ledger }: ReadLedger, block: Uint8Array): Promise<{ bodies: Uint8Array[]; dropped: Uint8Array[] }> {
  const bodies: Uint8Array[] = []
  const dropped: Uint8Array[] = []
  const seen = new Set<string>()
  for (const transaction of decodeBlock(block).transactions) {
    const read = ledger.read(transaction)
    if (!read.ok) continue
    for (const { sha256 } of ledger.attachments(read.value)) {
      const key = Buffer.from(sha256).toString('hex')
      if (seen.has(key)) continue
      seen.add(key)
      const body = await ledger.store.readAttachment(sha256)
      if (body) bodies.push(body)
      else dropped.push(sha256)
    }
  }
  return { bodies, dropped }
}

/** Cosignatures lie beside the log by rising height: they are walked along with the blocks, so that not all are held at once. What does not hold is left out. */
function createCosignatureWalk(opened: ReadLedger): { of(height: number): Promise<Uint8Array[]> } {
  const walk = judgeCosignatures(opened)
  const step = async (): Promise<KeptCosignature | null> => {
    for (;;) {
      const { done, value } = await walk.next()
      if (done === true) return null
      if (value.ok && value.kept) return value.kept
    }
  }
  let next: Promise<KeptCosignature | null> | null = null
  return {
    async of(height) {
      // After a restart a lone authority keeps the same one again.
      const found = new Map<string, Uint8Array>()
      next ??= step()
      for (let kept = await next; kept !== null && kept.checkpoint.height <= height; kept = await next) {
        if (kept.checkpoint.height === height) found.set(kept.cosignature.address, kept.bytes)
        next = step()
      }
      return [...found.values()]
    },
  }
}
