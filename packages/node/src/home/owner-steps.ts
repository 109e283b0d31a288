import { asArray, asBytes, asText, asUint, decodeTransaction, equalBytes, fail } from '@telltale/core'
import type { AuthoritySet, Link, PublicKey } from '@telltale/core'
import type { LoggedTransaction } from '@telltale/ledger'
import { assetOf, ownerAddressOf, signingKeyOf } from './entries.ts'
import { linksToHead } from './head-link.ts'
import type { Home } from './home.ts'
import type { Place } from './place.ts'

/** Whom a device of this asset obeys, as the ledger stands: what its enrolment pins. */
export interface OwnerNow {
  asset: string
  set: AuthoritySet
  owner: { address: string; keyNumber: number; key: PublicKey }
  transfers: number
  lastTransfer: Uint8Array
}

/** A transaction that changed the owner or its key, with its proof. */
export interface ProvedStep {
  transaction: Uint8Array
  index: number
  path: Uint8Array[]
  links: Link[]
}

const CALL_ROTATE = 4

export async function ownerNow(place: Place, asset: string): Promise<OwnerNow> {
  const row = await place.asset(asset)
  const address = await ownerAddressOf(place, row)
  const held = await signingKeyOf(place, address)
  if (!held) throw fail('key-not-in-force', `The owner ${address} has no key in force.`, { expected: 'an owner with a key', found: address })
  return { asset, set: place.authorities(), owner: { address, keyNumber: held.number, key: held.key }, transfers: row.transfers, lastTransfer: row.lastTransfer }
}

/** Everything that changed whom a device obeys since it knew `known`, in order: transfers, and keys that owners rotated themselves. */
export async function ownerSteps(home: Home, known: OwnerNow): Promise<ProvedStep[]> {
  const steps: LoggedTransaction[] = []
  let { address, keyNumber } = known.owner
  for (const transfer of await transfersSince(home, known)) {
    steps.push(...(await rotations(home, address, keyNumber)).filter((rotation) => rotation.index < transfer.index), transfer)
    const [, , next, , consent] = asArray(decodeTransaction(transfer.bytes).args, 'transfer', 5)
    address = asText(next, 'new owner', 64)
    keyNumber = asUint(asArray(consent, 'consent', 2)[0], 'consent key number')
  }
  steps.push(...(await rotations(home, address, keyNumber)))
  if (steps.length === 0) return []
  const links = await home.chain.atCertified((head) => linksToHead(home.chain, head, { set: known.set, height: 0 }, home.primitives))
  const head = links.at(-1) as Link
  // Whoever followed the first step trusts the set of the head.
  const next: Link[] = [{ ...head, set: null, leavers: [] }]
  return Promise.all(steps.map(async ({ bytes, index }, i) => ({ transaction: bytes, index, path: await home.reader.inclusion(index, head.checkpoint.size), links: i === 0 ? links : next })))
}

/** Transfers after those that are known, found backwards: each names the one before it. */
async function transfersSince(home: Home, known: OwnerNow): Promise<LoggedTransaction[]> {
  const found: LoggedTransaction[] = []
  let id = assetOf(home, known.asset).lastTransfer
  while (!equalBytes(id, known.lastTransfer)) {
    const index = home.reader.indexOf(id)
    if (index === null) throw fail('wrong-transfer-number', 'The transfers of the asset do not lead back to the one that the device knows.', { expected: `${known.transfers} transfers before`, found: 'another history' })
    const transfer = await home.reader.transaction(index)
    found.unshift(transfer)
    id = asBytes(asArray(decodeTransaction(transfer.bytes).args, 'transfer', 5)[1], 'previous transfer', 32)
  }
  return found
}

/** Rotations by an identity itself to keys above this number. */
async function rotations(home: Home, address: string, keyNumber: number): Promise<LoggedTransaction[]> {
  const said = await home.reader.sent(address, address, 0)
  return said.filter(({ bytes }) => {
    const { call, args } = decodeTransaction(bytes)
    return call === CALL_ROTATE && asUint(args[0], 'key number') > keyNumber
  })
}
