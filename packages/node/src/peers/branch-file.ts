import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { fail } from '@telltale/core'
import type { BranchLog } from '@telltale/consensus'
import { writeDurably } from '../keys/durable-file.ts'

/**
 * The blocks that are not final yet, so that they survive when every node stops at once: frames of length (4), first 16 bytes of the SHA-256 and content, appended and
 * synced. What a crash left half-written at the end is passed over. The file is made new when most of it is final.
 */
export interface BranchFile extends BranchLog {
  close(): Promise<void>
}

const HEAD_BYTES = 20
/** Size from which the file is made new when blocks became final; it is smaller most of the time. */
const SETTLE_BYTES_MIN = 4_194_304

export async function openBranchFile(path: string): Promise<BranchFile> {
  const bytes = await readFile(path).catch(noFile)
  const { blocks, isWhole } = readFrames(bytes ?? Buffer.alloc(0))
  // Begun anew from what can be read, so that nothing is appended behind half a frame.
  await writeDurably(path, Buffer.concat(blocks.flatMap(frame)), { mode: 0o600, replace: true })
  let file: FileHandle = await open(path, 'a')
  let size = (await file.stat()).size
  return {
    load: async () => [...blocks],
    isWhole: bytes !== null && isWhole,
    async append(block) {
      const parts = frame(block)
      const bytes = Buffer.concat(parts)
      await file.appendFile(bytes)
      await file.datasync()
      size += bytes.length
    },
    async settle(blocksKept) {
      if (size < SETTLE_BYTES_MIN) return
      const bytes = Buffer.concat(blocksKept().flatMap(frame))
      if (bytes.length > size / 2) return
      await file.close()
      await writeDurably(path, bytes, { mode: 0o600, replace: true })
      file = await open(path, 'a')
      size = bytes.length
    },
    close: () => file.close(),
  }
}

function noFile(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw fail('file-unreadable', 'The blocks that are not final cannot be read.', { cause: error })
}

function frame(content: Uint8Array): Uint8Array[] {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32BE(content.length)
  digestOf(content).copy(head, 4)
  return [head, content]
}

function digestOf(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest().subarray(0, 16)
}

/** Every whole frame; reading ends at the first that is not. They can be had from other nodes. */
function readFrames(bytes: Buffer): { blocks: Uint8Array[]; isWhole: boolean } {
  const blocks: Uint8Array[] = []
  let at = 0
  while (at + HEAD_BYTES <= bytes.length) {
    const end = at + HEAD_BYTES + bytes.readUInt32BE(at)
    const content = bytes.subarray(at + HEAD_BYTES, end)
    if (end > bytes.length || !digestOf(content).equals(bytes.subarray(at + 4, at + HEAD_BYTES))) break
    blocks.push(new Uint8Array(content))
    at = end
  }
  return { blocks, isWhole: at === bytes.length }
}
