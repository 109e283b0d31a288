import { join } from 'node:path'
import { bytesToHex, fail } from '@telltale/core'
import type { Submission, TelltaleError } from '@telltale/core'
import { codedError, readSubmission, requireSignedByDevice } from './admission.ts'
import type { ReadSubmission } from './admission.ts'
import { createAllowances } from './allowance.ts'
import type { Allowances } from './allowance.ts'
import type { GatewayComponents, Registry } from './components.ts'
import { openOutbox } from './outbox/outbox.ts'
import type { Outbox } from './outbox/outbox.ts'
import { submissionBytes } from './outbox/state.ts'
import type { Outcome } from './outbox/state.ts'
import { rememberDevices } from './registry-memory.ts'
import { createJudge, rememberSignatures } from './sending/judgement.ts'
import { openRefusedFolder } from './sending/refused-folder.ts'
import { createSender } from './sending/sender.ts'
import type { Sender } from './sending/sender.ts'
import { createStatements } from './sending/statements.ts'
import type { Statements } from './sending/statements.ts'

/** How a record stands with this gateway. `error` without an outcome: it was not taken, and the device keeps it. */
export type Standing = { id: string; status: 'pending' } | ({ id: string } & Outcome) | { id: string | null; status: 'not-taken'; error: TelltaleError }

export interface GatewayHealth {
  /** `waiting`: the node cannot be reached, and records are kept. */
  status: 'ok' | 'waiting' | 'failed' | 'stopping'
  network: string
  address: string
  waitingRecords: number
  waitingBytes: number
  /** Certified records that no statement names yet. */
  unstatedRecords: number
  /** Code of what stands between it and its node, or null. */
  upstream: string | null
  /** Code of what stands in the way of its statements (`role-not-in-force`, `unknown-identity`: it is not admitted), or null. */
  statements: string | null
}

/**
 * Takes what devices signed, keeps it until authorities have signed what became of it, and states what it passed on. It has no key that opens anything.
 */
export interface Gateway {
  /** Takes submissions, each on its own; what is `pending` survives a loss of power. */
  take(submissions: Submission[]): Promise<Standing[]>
  /** How a record stands, by its id in hexadecimal; null where neither this gateway nor its node knows it (`node-unreachable`). */
  standing(id: string): Promise<Standing | null>
  /** Resolves when none of these records waits any more, or after a while. */
  settled(ids: string[], timeoutMs: number): Promise<void>
  readonly health: GatewayHealth
  /** How often each code was given as a reason to send again. */
  readonly delays: ReadonlyMap<string, number>
  readonly fileBytes: number
  /** Records that were certified or refused for good since it was opened. */
  readonly passedOn: number
  /** Takes nothing more, and lets go of whoever waits for an outcome. */
  announceStop(): void
  /** Sends what can be sent now; resolves when that has its outcome, or after a while. */
  flush(timeoutMs: number): Promise<void>
  /** Stops sending and lets go of its folder. */
  stop(): Promise<void>
}

const OUTBOX_FILE = 'outbox'
const LOCK_FILE = 'outbox.lock'
const REFUSED_FOLDER = 'refused'

/** Opens a gateway and sends what its outbox holds (`gateway-in-use` and the codes of `openOutbox`). */
export async function openGateway(given: GatewayComponents): Promise<Gateway> {
  let isFailed = false
  const report: GatewayComponents['report'] = (event) => {
    isFailed ||= event.kind === 'failed'
    given.report(event)
  }
  const components = { ...given, report }
  const { disk, directory, network, authorities, primitives, submitter } = components
  await disk.makeDirectory(directory)
  const lock = await disk.lock(join(directory, LOCK_FILE))
  if (!lock) throw fail('gateway-in-use', `Another process runs the gateway in ${directory}. Stop it first.`, { expected: 'one gateway a directory', found: 'another process' })
  try {
    const refused = await openRefusedFolder(disk, join(directory, REFUSED_FOLDER))
    const outbox = await openOutbox({ disk, path: join(directory, OUTBOX_FILE), network, primitives, randomBytes: components.randomBytes })
    const isValid = rememberSignatures(primitives)
    const trust = {
      network,
      get set() {
        return authorities()
      },
      isValid,
    }
    const judge = createJudge({ trust, follow: components.follow, primitives })
    const sleepers = new Set<() => void>()
    const onSettled = (): void => {
      statements.wake()
      for (const wake of sleepers) wake()
    }
    const statements = createStatements({ ...components, outbox, judge, delayMs: components.statementDelayMs })
    const sender = createSender({ outbox, refused, submitter, judge, random: () => randomShare(components), report, onSettled })
    sender.add([...outbox.waiting.values()])
    statements.wake()
    return createGateway(components, { outbox, sender, statements, sleepers, isFailed: () => isFailed }, async () => {
      await outbox.close()
      await lock.release()
    })
  } catch (error) {
    await lock.release()
    throw error
  }
}

function randomShare({ randomBytes }: GatewayComponents): number {
  return (randomBytes(1)[0] as number) / 256
}

interface Parts {
  outbox: Outbox
  sender: Sender
  statements: Statements
  /** Whoever waits for an outcome. */
  sleepers: Set<() => void>
  /** Whether it told of a failure that is its own. */
  isFailed(): boolean
}

function createGateway(components: GatewayComponents, { outbox, sender, statements, sleepers, isFailed }: Parts, close: () => Promise<void>): Gateway {
  const { network, primitives, clock, limits, report } = components
  const registry = rememberDevices(components.registry, clock, { perSecond: limits.lookupsPerSecond, atOnce: limits.lookupsAtOnce })
  const allowances = createAllowances({ perSecond: limits.deviceRecordsPerSecond, atOnce: limits.deviceRecordsAtOnce }, clock)
  let isStopping = false

  const announceStop = (): void => {
    isStopping = true
    for (const wake of sleepers) wake()
  }
  const keep = async (admitted: ReadSubmission[]): Promise<void> => {
    try {
      const takenMs = clock.nowMs()
      sender.add(await outbox.take(admitted.map(({ submission }) => ({ submission, takenMs }))))
    } catch (error) {
      const { code, message } = codedError(error)
      report({ kind: 'failed', code, message })
      throw error
    }
  }

  return {
    async take(submissions) {
      if (isStopping) throw fail('stopping', 'The gateway is stopping; send again when it is back.')
      const admission = createAdmission({ network, primitives, registry, outbox, allowances, limits })
      const judged = await Promise.all(submissions.map((submission) => admission(submission)))
      const admitted = judged.flatMap((one) => ('admitted' in one ? [one.admitted] : []))
      if (admitted.length > 0) await keep(admitted)
      return judged.map((one) => ('admitted' in one ? { id: one.admitted.id, status: 'pending' } : one.standing))
    },
    async standing(id) {
      const outcome = outbox.outcome(id)
      if (outbox.waiting.has(id)) return { id, status: 'pending' }
      if (outcome) return { id, ...outcome }
      const certified = await components.submitter.certified(id)
      return certified && { id, status: 'certified', ...certified }
    },
    settled: (ids, timeoutMs) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer)
          sleepers.delete(look)
          resolve()
        }
        const look = (): void => {
          if (isStopping || !ids.some((id) => outbox.waiting.has(id))) done()
        }
        const timer = setTimeout(done, timeoutMs)
        sleepers.add(look)
        look()
      }),
    get health(): GatewayHealth {
      const upstream = sender.upstreamFailure
      return {
        status: isStopping ? 'stopping' : isFailed() ? 'failed' : upstream === null ? 'ok' : 'waiting',
        network: bytesToHex(network),
        address: components.address,
        waitingRecords: outbox.waiting.size,
        waitingBytes: outbox.waitingBytes,
        unstatedRecords: outbox.unstated.size,
        upstream,
        statements: statements.failure,
      }
    },
    get delays() {
      return sender.delays
    },
    get fileBytes() {
      return outbox.fileBytes
    },
    get passedOn() {
      return sender.settled
    },
    announceStop,
    async flush(timeoutMs) {
      const enough = new AbortController()
      const timer = setTimeout(() => enough.abort(), timeoutMs)
      await sender.flush(enough.signal)
      clearTimeout(timer)
    },
    async stop() {
      announceStop()
      await Promise.all([sender.stop(), statements.stop()])
      await close()
    },
  }
}

type Admission = { admitted: ReadSubmission } | { standing: Standing }

/** Judges one submission after the other of a request: form, what is known of it, who signed it, how much its device may send, and room. */
function createAdmission(parts: { network: Uint8Array; primitives: GatewayComponents['primitives']; registry: Registry; outbox: Outbox; allowances: Allowances; limits: GatewayComponents['limits'] }): (submission: Submission) => Promise<Admission> {
  const { network, primitives, registry, outbox, allowances, limits } = parts
  /** Bytes that this request adds, so that many together do not go beyond a limit that each alone keeps. */
  let added = 0
  const requireRoom = (iss: string, bytes: number): void => {
    if (!allowances.spend(iss)) throw fail('device-too-fast', 'The device sends more than this gateway takes from one device; send again later.', { expected: `${limits.deviceRecordsPerSecond} records a second in the long run`, found: 'more' })
    if (outbox.deviceBytes(iss) + added + bytes > limits.deviceBytesMax) throw fail('device-outbox-full', 'Too much of this device waits to be certified; send again later.', { expected: `at most ${limits.deviceBytesMax} bytes waiting`, found: String(outbox.deviceBytes(iss) + bytes) })
    if (outbox.waitingBytes + added + bytes > limits.outboxBytesMax) throw fail('outbox-full', 'The gateway holds as much as it may; keep the record and send it again later.', { expected: `at most ${limits.outboxBytesMax} bytes waiting`, found: String(outbox.waitingBytes + bytes) })
  }
  return async (submission) => {
    let id: string | null = null
    try {
      const read = readSubmission(submission, network, primitives)
      id = read.id
      const outcome = outbox.outcome(id)
      if (outcome) return { standing: { id, ...outcome } }
      if (outbox.waiting.has(id)) return { standing: { id, status: 'pending' } }
      await requireSignedByDevice(read, registry, primitives)
      const bytes = submissionBytes(submission)
      requireRoom(read.transaction.iss, bytes)
      added += bytes
      return { admitted: read }
    } catch (error) {
      return { standing: { id, status: 'not-taken', error: codedError(error) } }
    }
  }
}
