import type { Clock } from './clock.ts'
import { REPORTS_MAX, REPORT_BEATS } from './limits.ts'
import { encodeMessage, reportPayload } from './message.ts'
import type { Neighbour, Report } from './message.ts'
import type { Transport } from './transport.ts'

export interface ReportComponents {
  network: Uint8Array
  transport: Pick<Transport, 'id' | 'sign' | 'verify' | 'send'>
  clock: Clock
  /** Between two looks at whether our own neighbours changed. */
  intervalMs: number
  neighbours(): Neighbour[]
  /** Peers that may be told. */
  peers(): string[]
  blame(peer: string, code: string): void
  /** A report that is new. */
  onReport(report: Report): void
}

/** Every node reports its neighbours to all: so each knows the whole network, and learns of nodes that it is not connected to. */
export interface Reports {
  start(): void
  stop(): void
  /** Takes a report that a peer passed on: of another node, or its own. */
  receive(peer: string, report: Report, bytes: Uint8Array): Promise<void>
  /** Neighbours of every node that reported lately, our own among them. */
  known(): Map<string, Neighbour[]>
}

interface Entry {
  number: number
  atMs: number
  neighbours: Neighbour[]
}

export function createReports(components: ReportComponents): Reports {
  const { network, transport, clock, intervalMs, neighbours, peers, blame, onReport } = components
  const entries = new Map<string, Entry>()
  let cancel: (() => void) | null = null
  let reported = ''
  let beats = 0
  let lastNumber = 0

  const publish = async (own: Neighbour[]): Promise<void> => {
    // Greater than before a restart too, unless the clock was set back: then others take it once it is ahead again.
    lastNumber = Math.max(lastNumber + 1, Math.round(clock.nowMs()))
    const report = { peer: transport.id, number: lastNumber, neighbours: own }
    const signature = await transport.sign(reportPayload(network, report))
    const bytes = encodeMessage({ kind: 'report', ...report, signature })
    for (const peer of peers()) transport.send(peer, bytes)
  }
  const look = (): void => {
    cancel = clock.after(intervalMs, look)
    const own = neighbours()
    const names = own.map(({ peer }) => peer).sort().join()
    beats += 1
    if (names === reported && beats < REPORT_BEATS) return
    reported = names
    beats = 0
    void publish(own)
  }
  const isOver = ({ atMs }: Entry): boolean => clock.nowMs() - atMs > 4 * REPORT_BEATS * intervalMs
  /** Newer, and not so soon after the last that the node would have us pass on all the time. */
  const isWanted = ({ peer, number }: Report): boolean => {
    const known = entries.get(peer)
    return peer !== transport.id && (!known || isOver(known) || (number > known.number && clock.nowMs() - known.atMs >= intervalMs / 2))
  }
  return {
    start() {
      cancel ??= clock.after(intervalMs, look)
    },
    stop() {
      cancel?.()
      cancel = null
    },
    async receive(peer, report, bytes) {
      if (!isWanted(report)) return
      if (!(await transport.verify(report.peer, reportPayload(network, report), report.signature))) return blame(peer, 'invalid-signature')
      // The same may have come from another peer meanwhile.
      if (!isWanted(report)) return
      for (const [node, entry] of entries) if (isOver(entry)) entries.delete(node)
      if (!entries.has(report.peer) && entries.size >= REPORTS_MAX) return
      entries.set(report.peer, { number: report.number, atMs: clock.nowMs(), neighbours: report.neighbours })
      onReport(report)
      for (const other of peers()) if (other !== peer && other !== report.peer) transport.send(other, bytes)
    },
    known() {
      const current = [...entries].filter(([, entry]) => !isOver(entry)).map(([node, entry]): [string, Neighbour[]] => [node, entry.neighbours])
      return new Map([...current, [transport.id, neighbours()]])
    },
  }
}
