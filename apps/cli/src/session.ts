import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TelltaleError, fail } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { createAsset, enrolDevice, ensureIdentity, initHome, openHome, requireNewDirectory } from '@telltale/node'
import type { AssetProfile, DeviceProfile, GivenRole, Home, PeerOptions, Place } from '@telltale/node'
import { keptPassword } from './kept-password.ts'
import type { Output } from './output.ts'
import { isAnyoneThere, passwordForKeys, passwordForNewKeys, passwordFromFile } from './password.ts'
import { runningNode } from './running-node.ts'

/** Names of the keys that a fresh data directory gets. */
export const OWNER_KEY = 'owner'
const DEVICE_KEY = 'device'
export const OWNER_ROLES: GivenRole[] = [['owner', null, null], ['operator', 'service', null]]

interface OpenOptions {
  /** Where it is known already; asked for where it is needed. */
  password?: string | undefined
  acceptLoss?: boolean
  /** Checks signatures in workers, for a node that many send to. */
  isServing?: boolean
  /** How to meet the other nodes of the network. */
  peers?: PeerOptions
}

/** Runs `work` with an open data directory, and closes it whatever happens. */
export async function withHome<T>(directory: string, output: Output, work: (home: Home) => Promise<T>, options: OpenOptions = {}): Promise<T> {
  const home = await open(directory, output, options)
  for (const warning of home.wallet.warnings) output.warn(warning.message)
  try {
    return await work(home)
  } finally {
    await home.close()
  }
}

const PASSWORD_ATTEMPTS_MAX = 3

async function open(directory: string, output: Output, { password, acceptLoss = false, isServing = false, peers }: OpenOptions): Promise<Home> {
  const progress = output.progress('Replaying')
  const onReplay = (height: number, target: number): void => progress.update(height, target, 'blocks')
  const attempt = (tried: string | undefined): Promise<Home> => openHome({ directory, password: tried, askPassword: passwordForKeys, onReplay, acceptLoss, isServing, ...(peers ? { peers } : {}) })
  try {
    return await attempt(password ?? keptPassword.password)
  } catch (error) {
    const isKeptWrong = isCode(error, 'wrong-password') && password === undefined && keptPassword.password !== undefined
    if (isKeptWrong) keptPassword.forget()
    else if (isCode(error, 'store-in-use')) throw await inUse(directory, error)
    else if (!isCode(error, 'password-required')) throw error
    return await openWithPassword(attempt, output)
  } finally {
    progress.end()
  }
}

/** Says which node it is that has the store, where one answers. */
async function inUse(directory: string, error: unknown): Promise<unknown> {
  const running = await runningNode(directory)
  if (!running) return error
  return fail('store-in-use', `A node runs on ${directory} at ${running.client.url}. Use its pages, ask it with --node ${running.client.url}, or stop it first.`, { expected: 'a store that nobody uses', found: 'one that a node uses', cause: error })
}

/** Whoever types gets three attempts; a password file has one. */
async function openWithPassword(attempt: (password: string) => Promise<Home>, output: Output): Promise<Home> {
  for (let count = 1; ; count++) {
    try {
      return await attempt(await passwordForKeys())
    } catch (error) {
      const isTyped = isAnyoneThere() && (await passwordFromFile()) === undefined
      if (!isCode(error, 'wrong-password') || !isTyped || count === PASSWORD_ATTEMPTS_MAX) throw error
      output.warn('That is not the password of these keys. Try again.')
    }
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof TelltaleError && error.code === code
}

/** A network of one's own, with one authority and an owner. Returns the password of its keys, so that nobody is asked twice. */
export async function createData(directory: string, output: Output, options: { name?: string; algorithm: Algorithm; retentionMs?: number | null }): Promise<string | undefined> {
  // Before anybody is asked for a password.
  await requireNewDirectory(directory)
  const password = await passwordForNewKeys(output)
  const parameters = { ...(options.name === undefined ? {} : { name: options.name }), retentionMs: options.retentionMs ?? null }
  await initHome({ directory, password, algorithm: options.algorithm, parameters, nowMs: Date.now() })
  return password
}

/** Whether a directory is somebody's data directory. */
export function hasData(directory: string): boolean {
  return existsSync(join(directory, 'telltale.json'))
}

/** Opens a data directory, made first if it is new. */
export async function withHomeOrNew<T>(directory: string, output: Output, algorithm: Algorithm, work: (home: Home) => Promise<T>, options: Pick<OpenOptions, 'isServing' | 'peers'> = {}): Promise<T> {
  if (!hasData(directory)) {
    await requireNewDirectory(directory)
    output.warn(`${directory} holds no network: making a new one with one authority there.`)
    const password = await createData(directory, output, { algorithm })
    return withHome(directory, output, work, { ...options, password })
  }
  return withHome(directory, output, work, options)
}

/** The device that a command is about: the one named, the only one, or in a fresh directory a new one with its owner and asset. */
export async function defaultDevice(place: Place, init: { algorithm: Algorithm; streams: string[]; isSealed: boolean; vin?: string | undefined }): Promise<DeviceProfile> {
  const known = place.profile.devices[0]
  const owner = await ensureIdentity(place, OWNER_KEY, init.algorithm, OWNER_ROLES)
  const asset: AssetProfile = place.profile.assets[0] ?? (await createAsset(place, owner, new Map(init.vin === undefined ? [] : [['vin', init.vin]])))
  return enrolDevice(place, { asset, name: known?.key ?? DEVICE_KEY, algorithm: init.algorithm, streams: init.streams, isSealed: known?.isSealed ?? init.isSealed })
}
