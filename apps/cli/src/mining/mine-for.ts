import { setTimeout as wait } from 'node:timers/promises'
import { TelltaleError, bytesToHex, fail, hexToBytes } from '@telltale/core'
import type { Answer, Client } from '@telltale/client'
import { createWorkerMiner } from '@telltale/node'
import type { WorkerMiner } from '@telltale/node'

type Wanted = NonNullable<Answer<'getWork'>['work']>

interface MineForOptions {
  threads: number
  /** 0 for any number. */
  blocksMax: number
  signal: AbortSignal
  onTries(tries: number): void
  onBlock(block: { height: number; triesPerSecond: number }): void
  /** The node is away, or refuses what it should take; it is tried again. */
  onTrouble(message: string): void
}

export interface Mined {
  blocks: number
  /** Nonces that came too late. */
  stale: number
  tries: number
  triesPerSecond: number
}

/** How often the node is asked whether it still wants the same; also how long a search may go on for nothing. */
const ASK_MS = 250
const AWAY_MS = 3000

/** Searches for what a node wants until the signal fires (what the node refuses at first, `no-work-asked` for instance; later it is tried again). */
export async function mineFor(client: Client, options: MineForOptions): Promise<Mined> {
  const miner = createWorkerMiner(options.threads)
  const control = new AbortController()
  const stop = AbortSignal.any([options.signal, control.signal])
  const mined = { blocks: 0, stale: 0 }
  let failure: Error | null = null
  let current: { id: string; control: AbortController } | null = null

  const bring = async (wanted: Wanted, search: AbortController): Promise<void> => {
    const nonce = await miner.solve(hexToBytes(wanted.header), wanted.difficulty, search.signal)
    if (!nonce || stop.aborted) return
    try {
      const { height } = await client.call('bringWork', { body: { id: wanted.id, nonce: bytesToHex(nonce) } })
      mined.blocks += 1
      options.onBlock({ height, triesPerSecond: miner.status().triesPerSecond })
      if (mined.blocks === options.blocksMax) control.abort()
    } catch (error) {
      if (!(error instanceof TelltaleError)) throw error
      if (error.code === 'stale-work') mined.stale += 1
      else options.onTrouble(error.message)
    }
  }
  const turnTo = (wanted: Wanted | null): void => {
    if (wanted?.id === current?.id) return
    current?.control.abort()
    current = wanted && { id: wanted.id, control: new AbortController() }
    if (wanted && current) void bring(wanted, current.control).catch((error: unknown) => {
      failure = error instanceof Error ? error : fail('internal-error', 'The search ended.', { cause: error })
      control.abort()
    })
  }

  try {
    turnTo((await client.call('getWork', {})).work)
    while (!stop.aborted) {
      await pause(ASK_MS, stop)
      options.onTries(miner.status().tries)
      await ask(client, options, stop, turnTo)
    }
    if (failure) throw failure as Error
    return { ...mined, ...rateOf(miner) }
  } finally {
    turnTo(null)
    await miner.close()
  }
}

async function ask(client: Client, { onTrouble }: MineForOptions, stop: AbortSignal, turnTo: (wanted: Wanted | null) => void): Promise<void> {
  try {
    turnTo((await client.call('getWork', { signal: stop })).work)
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    if (stop.aborted) return
    onTrouble(error.message)
    turnTo(null)
    await pause(AWAY_MS, stop)
  }
}

function rateOf(miner: WorkerMiner): { tries: number; triesPerSecond: number } {
  const { tries, triesPerSecond } = miner.status()
  return { tries, triesPerSecond }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined)
}
