import type { Accomplice, Misconduct } from './misconduct.ts'

const READ_MS = 3000
/** Later than anybody waits for an answer. */
const ANSWER_MS = 15_000

/** Takes seconds for each message and answers questions when nobody waits for it any more. */
export function createSlowReader(): Misconduct {
  let node: Accomplice | null = null
  let count = 0
  const wait = async (ms: number): Promise<void> => {
    count += 1
    await new Promise<void>((resolve) => (node ? void node.clock.after(ms, resolve) : resolve()))
  }
  return {
    name: 'slow-reader',
    get count() {
      return count
    },
    transport: (honest) => ({
      ...honest,
      start: (events) =>
        honest.start({
          ...events,
          async onMessage(peer, bytes) {
            await wait(READ_MS)
            await events.onMessage(peer, bytes)
          },
          async onQuestion(peer, bytes) {
            await wait(ANSWER_MS)
            return events.onQuestion(peer, bytes)
          },
        }),
    }),
    start(accomplice) {
      node = accomplice
    },
    stop() {
      node = null
    },
  }
}
