import type { Accomplice, Misconduct } from './misconduct.ts'

const KEPT_MAX = 300
const EVERY_MS = 400

/** Sends again, at any time and to anybody, what it once sent or passed on. */
export function createReplayer(): Misconduct {
  const messages: Uint8Array[] = []
  let send: ((peer: string, bytes: Uint8Array) => boolean) | null = null
  let peers: () => string[] = () => []
  let node: Accomplice | null = null
  let count = 0
  const replay = (): void => {
    const replayer = node
    if (!replayer) return
    const to = peers()
    if (messages.length > 0 && to.length > 0) {
      send?.(replayer.random.pick(to), replayer.random.pick(messages))
      count += 1
    }
    replayer.clock.after(EVERY_MS, () => void (node === replayer && replay()))
  }
  return {
    name: 'replayer',
    get count() {
      return count
    },
    transport(honest) {
      send = honest.send
      peers = honest.peers
      return {
        ...honest,
        send(peer, bytes) {
          if (node && messages.length < KEPT_MAX) messages.push(bytes)
          else if (node) messages[node.random.below(KEPT_MAX)] = bytes
          return honest.send(peer, bytes)
        },
      }
    },
    start(accomplice) {
      node = accomplice
      replay()
    },
    stop() {
      node = null
    },
  }
}
