import { isAddress } from '@telltale/core'
import type { Place } from '@telltale/node'
import { UsageError } from './failure.ts'

/** The address that is meant by an address or by the name of a key in the data directory (`unknown-name`). */
export async function addressOf(home: Pick<Place, 'wallet'>, named: string): Promise<string> {
  if (isAddress(named, 'tt')) return named
  const heads = await home.wallet.heads()
  const address = heads.find((item) => item.name === named)?.head.address
  if (address) return address
  const known = heads.map((item) => item.name).join(', ')
  throw new UsageError('unknown-name', `${named} is neither an address nor the name of a key in this directory.`, { expected: `tt1..., or one of: ${known}`, found: named })
}

/** An address with the name of its key, where it lies in the data directory. */
export async function nameAndAddress(home: Pick<Place, 'wallet'>, address: string): Promise<string> {
  const name = await home.wallet.nameOf(address)
  return name === null ? address : `${name} (${address})`
}

/** A count or another whole number that an option gives (`usage`). */
export function readCount(text: string, option: string, max: number = Number.MAX_SAFE_INTEGER): number {
  const count = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(count) && count <= max) return count
  throw new UsageError('usage', `${option} ${text} is not a whole number from 0 to ${max}.`, { expected: `0 to ${max}`, found: text })
}
