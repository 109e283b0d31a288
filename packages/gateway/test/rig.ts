import { portable } from '@telltale/core'
import type { AuthoritySet, Submission, SubmissionAnswer } from '@telltale/core'
import { SimulatedDisk } from '@telltale/testing'
import type { GatewayComponents, GatewayEvent, RegisteredDevice } from '../src/components.ts'
import { openGateway } from '../src/gateway.ts'
import type { Gateway } from '../src/gateway.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import type { GatewayLimits } from '../src/limits.ts'
import { AUTHORITIES, DEVICE, GATEWAY, NETWORK, receiptFor } from './people.ts'
import type { Person } from './people.ts'

/** A gateway on a simulated disk, before a node whose answers the test gives. */
export interface Rig {
  gateway: Gateway
  disk: SimulatedDisk
  /** Batches as the node got them. */
  batches: Submission[][]
  events: GatewayEvent[]
  /** How the node answers; certifies everything at first. An error is thrown for the whole batch. */
  answer: (submission: Submission) => Promise<SubmissionAnswer>
}

export interface RigOptions {
  disk?: SimulatedDisk
  devices?: Person[]
  limits?: Partial<GatewayLimits>
  answer?: Rig['answer']
  /** Looks for newer authorities than those of the test; finds none if left out. */
  follow?: () => Promise<void>
  /** Whom it believes; the one authority of the tests if left out. */
  authorities?: () => AuthoritySet
  /** How long the node takes to say who a device is. */
  lookupMs?: number
}

export async function certify({ bytes }: Submission): Promise<SubmissionAnswer> {
  return { status: 'certified', index: 0, height: 1, receipt: await receiptFor(bytes) }
}

/** Opens a gateway; statements wait for an hour, so that only what a test sends is sent. */
export async function openRig({ disk = new SimulatedDisk(), devices = [DEVICE], limits = {}, answer = certify, lookupMs = 0, follow = async () => undefined, authorities = () => AUTHORITIES }: RigOptions = {}): Promise<Rig> {
  const rig = { disk, batches: [] as Submission[][], events: [] as GatewayEvent[], answer }
  const components: GatewayComponents = {
    network: NETWORK,
    authorities,
    follow,
    signer: GATEWAY.signer,
    address: GATEWAY.address,
    submitter: {
      async submit(batch) {
        rig.batches.push(batch)
        return Promise.all(batch.map((submission) => rig.answer(submission)))
      },
      counter: async () => 0,
      certified: async () => null,
    },
    registry: {
      async find(address) {
        if (lookupMs > 0) await new Promise((resolve) => setTimeout(resolve, lookupMs))
        return registered(devices.find((device) => device.address === address))
      },
    },
    disk,
    directory: '/gateway',
    primitives: portable,
    clock: { nowMs: () => 1_000_000 },
    randomBytes: (count) => new Uint8Array(count).fill(1),
    limits: { ...DEFAULT_LIMITS, ...limits },
    statementDelayMs: 3_600_000,
    report: (event) => void rig.events.push(event),
  }
  return Object.assign(rig, { gateway: await openGateway(components) })
}

function registered(device: Person | undefined): RegisteredDevice | null {
  return device ? { keys: new Map([[device.signer.keyNumber, device.signer.publicKey]]) } : null
}

/** The code of what was not taken, or how it stands. */
export async function codeOf(gateway: Gateway, submission: Submission): Promise<string> {
  const [standing] = await gateway.take([submission])
  return standing!.status === 'not-taken' ? standing!.error.code : standing!.status
}
