import type { SeededRandom } from './seeded-random.ts'

const SECTOR_BYTES = 512

type Change = { kind: 'write'; offset: number; bytes: Uint8Array } | { kind: 'truncate'; length: number }

/** A file that knows what of it is on the disk and what only in memory. */
export class SimulatedFile {
  /** What reads see. */
  current: Uint8Array = new Uint8Array(0)
  private durable: Uint8Array = new Uint8Array(0)
  private pending: Change[] = []

  write(offset: number, bytes: Uint8Array): void {
    const change: Change = { kind: 'write', offset, bytes: bytes.slice() }
    this.pending.push(change)
    this.current = apply(this.current, change)
  }

  truncate(length: number): void {
    const change: Change = { kind: 'truncate', length }
    this.pending.push(change)
    this.current = apply(this.current, change)
  }

  sync(): void {
    this.durable = this.current
    this.pending = []
  }

  /** A sync that failed: the pages stay in memory but count as written, so that no later sync writes them either. */
  forgetPending(): void {
    this.pending = []
  }

  /** Changes bytes where they lie, on the disk and in memory: bit rot. */
  damage(change: (bytes: Uint8Array) => Uint8Array): void {
    this.current = change(this.current.slice())
    this.durable = this.current
    this.pending = []
  }

  /** What is left after a loss of power: of what was not synced, each sector of 512 bytes may have reached the disk or not, in any order. */
  crash(random: SeededRandom): void {
    const keep = random.pick([0, 0.5, 0.9, 1])
    let left = this.durable
    for (const change of this.pending) {
      if (change.kind === 'truncate') {
        if (random.chance(keep)) left = apply(left, change)
        continue
      }
      for (const piece of sectors(change.offset, change.bytes)) if (random.chance(keep)) left = apply(left, { kind: 'write', ...piece })
    }
    this.current = left
    this.durable = left
    this.pending = []
  }
}

function apply(bytes: Uint8Array, change: Change): Uint8Array {
  if (change.kind === 'truncate') {
    const cut = new Uint8Array(change.length)
    cut.set(bytes.subarray(0, change.length))
    return cut
  }
  const grown = new Uint8Array(Math.max(bytes.length, change.offset + change.bytes.length))
  grown.set(bytes)
  grown.set(change.bytes, change.offset)
  return grown
}

function sectors(offset: number, bytes: Uint8Array): { offset: number; bytes: Uint8Array }[] {
  const pieces: { offset: number; bytes: Uint8Array }[] = []
  let at = 0
  while (at < bytes.length) {
    const length = Math.min(bytes.length - at, SECTOR_BYTES - ((offset + at) % SECTOR_BYTES))
    pieces.push({ offset: offset + at, bytes: bytes.subarray(at, at + length) })
    at += length
  }
  return pieces
}
