import assert from 'node:assert/strict'
import type { SeededRandom } from '@telltale/testing'
import { freePort, startCommand } from '../process.ts'
import type { Running } from '../process.ts'
import { GATEWAY_KEY } from './rig.ts'

export interface Kills {
  node: number
  gateway: number
}

/** A node and its gateway, in processes that are killed and started again on the same ports. */
export interface Processes {
  /** Where devices find the gateway. */
  url: string
  start(): Promise<void>
  /** Kills the one, the other or both, and starts again what was killed. */
  killSome(): Promise<void>
  /** Stops them as ctrl-C does; asserts that the gateway stops cleanly. */
  stop(): Promise<void>
  readonly kills: Kills
}

export interface ProcessesInit {
  node: string
  gateway: string
  random: SeededRandom
}

/** Each in a process of its own. */
export async function createTwoProcesses({ node, gateway, random }: ProcessesInit): Promise<Processes> {
  const [nodePort, gatewayPort] = [await freePort(), await freePort()]
  const kills: Kills = { node: 0, gateway: 0 }
  const running: { node?: Running; gateway?: Running } = {}
  const startNode = async (): Promise<void> => void (running.node = await startCommand(['start', '--data', node, '--listen', `127.0.0.1:${nodePort}`, '--log-level', 'error']))
  const startGateway = async (): Promise<void> => void (running.gateway = await startCommand(['gateway', '--data', gateway, '--upstream', `http://127.0.0.1:${nodePort}`, '--listen', `127.0.0.1:${gatewayPort}`, '--statement-seconds', '1', '--log-level', 'error']))
  return {
    url: `http://127.0.0.1:${gatewayPort}`,
    kills,
    async start() {
      await startNode()
      await startGateway()
    },
    async killSome() {
      const victim = random.below(3)
      const starts: Promise<void>[] = []
      if (victim !== 0) {
        kills.node += 1
        await running.node?.kill()
        starts.push(startNode())
      }
      if (victim !== 1) {
        kills.gateway += 1
        await running.gateway?.kill()
        starts.push(startGateway())
      }
      await Promise.all(starts)
    },
    async stop() {
      const { gateway: first } = running
      if (first) assert.equal(await first.interrupt(), 0, `the gateway stops cleanly: ${first.output()}`)
      await running.node?.interrupt()
    },
  }
}

/** The gateway in the node: whatever kills the one kills the other. */
export async function createOneProcess({ node }: ProcessesInit): Promise<Processes> {
  const port = await freePort()
  const kills: Kills = { node: 0, gateway: 0 }
  let running: Running | null = null
  const start = async (): Promise<void> => void (running = await startCommand(['start', '--data', node, '--listen', `127.0.0.1:${port}`, '--gateway', GATEWAY_KEY, '--statement-seconds', '1', '--log-level', 'error']))
  return {
    url: `http://127.0.0.1:${port}/gateway`,
    kills,
    start,
    async killSome() {
      kills.node += 1
      kills.gateway += 1
      await running?.kill()
      await start()
    },
    async stop() {
      if (running) assert.equal(await running.interrupt(), 0, `the node stops cleanly: ${running.output()}`)
    },
  }
}
