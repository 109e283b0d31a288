import { bytesToHex, decodeTransaction } from '@telltale/core'
import type { Home } from '@telltale/node'

/** Ids that the gateway's statements name, in the order of the log. */
export async function statedBy(home: Home, address: string): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < home.ledger.position.log.size; index++) {
    const { iss, call, args } = decodeTransaction((await home.reader.transaction(index)).bytes)
    if (iss === address && call === 20) for (const id of args[0] as Uint8Array[]) ids.push(bytesToHex(id))
  }
  return ids
}
