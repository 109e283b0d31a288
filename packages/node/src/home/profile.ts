import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToHex, fail, hexToBytes } from '@telltale/core'
import type { CborMap } from '@telltale/core'
import { writeDurably } from '../keys/durable-file.ts'

/** What only this directory knows of an asset: the salt and attributes behind its commitment. Losing it means nobody can show which car it is. */
export interface AssetProfile {
  id: string
  salt: Uint8Array
  attributes: CborMap
  /** Name of the key file of its owner. */
  owner: string
}

export interface DeviceProfile {
  address: string
  asset: string
  /** Name of its key file. */
  key: string
  /** Whether its streams are sealed. */
  isSealed: boolean
}

/** What a directory knows of the assets and devices whose keys lie in it. */
export type Known = Pick<Profile, 'assets' | 'devices'>

/** `telltale.json`: what a data directory is. */
export interface Profile {
  network: Uint8Array
  /** Name of the authority's key file. */
  authority: string
  assets: AssetProfile[]
  devices: DeviceProfile[]
}

export const PROFILE_FILE = 'telltale.json'

function profilePath(directory: string): string {
  return join(directory, PROFILE_FILE)
}

/** Null where the directory is no data directory (`malformed-profile`). */
export async function readProfile(directory: string): Promise<Profile | null> {
  const path = profilePath(directory)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fail('data-unreadable', `${path} cannot be read.`, { cause: error })
  }
  try {
    return profileFromJson(JSON.parse(text))
  } catch (cause) {
    throw fail('malformed-profile', `${path} is damaged; restore it from a backup.`, { expected: 'a file written by `telltale init`', found: text.slice(0, 40), cause })
  }
}

export async function writeProfile(directory: string, profile: Profile): Promise<void> {
  const json = {
    version: 1,
    network: bytesToHex(profile.network),
    authority: profile.authority,
    ...knownToJson(profile),
  }
  await writeDurably(profilePath(directory), Buffer.from(`${JSON.stringify(json, null, 2)}\n`), { mode: 0o600, replace: true })
}

interface ProfileJson extends KnownJson {
  version: number
  network: string
  authority: string
}

interface KnownJson {
  assets: { id: string; salt: string; attributes: Record<string, string | number>; owner: string }[]
  devices: DeviceProfile[]
}

function profileFromJson(value: unknown): Profile {
  const json = value as ProfileJson
  if (json.version !== 1) throw fail('malformed-profile', `telltale.json has version ${String(json.version)}.`, { expected: 'version 1', found: String(json.version) })
  return {
    network: hexToBytes(json.network),
    authority: text(json.authority),
    ...knownFromJson(value),
  }
}

/** Assets and devices as they stand in a file. */
export function knownToJson({ assets, devices }: Known): object {
  return { assets: assets.map(({ id, salt, attributes, owner }) => ({ id, salt: bytesToHex(salt), attributes: Object.fromEntries(attributes), owner })), devices }
}

/** Reads them (`malformed-profile`, and whatever a file of another form throws). */
export function knownFromJson(value: unknown): Known {
  const json = value as KnownJson
  return {
    assets: json.assets.map(({ id, salt, attributes, owner }) => ({ id: text(id), salt: hexToBytes(salt), attributes: new Map(Object.entries(attributes)), owner: text(owner) })),
    devices: json.devices.map(({ address, asset, key, isSealed }) => ({ address: text(address), asset: text(asset), key: text(key), isSealed })),
  }
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw fail('malformed-profile', 'telltale.json lacks a text.', { expected: 'text', found: typeof value })
  return value
}
