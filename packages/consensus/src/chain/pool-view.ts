/** What waits, without what stands in it. */
export interface PoolView {
  count: number
  /** Of transactions with their attachments. */
  bytes: number
  oldest: { sender: string; sinceMs: number } | null
  /** Who has most waiting comes first. */
  senders: { sender: string; count: number; bytes: number; oldestMs: number }[]
}

/** Sums up what waits, given as one item a transaction. */
export function viewPool(items: { sender: string; bytes: number; arrivedMs: number }[]): PoolView {
  const senders = new Map<string, PoolView['senders'][number]>()
  let bytes = 0
  let oldest: PoolView['oldest'] = null
  for (const item of items) {
    const of = senders.get(item.sender) ?? { sender: item.sender, count: 0, bytes: 0, oldestMs: item.arrivedMs }
    of.count += 1
    of.bytes += item.bytes
    of.oldestMs = Math.min(of.oldestMs, item.arrivedMs)
    senders.set(item.sender, of)
    bytes += item.bytes
    if (oldest === null || item.arrivedMs < oldest.sinceMs) oldest = { sender: item.sender, sinceMs: item.arrivedMs }
  }
  return { count: items.length, bytes, oldest, senders: [...senders.values()].sort((a, b) => b.count - a.count || a.oldestMs - b.oldestMs) }
}
