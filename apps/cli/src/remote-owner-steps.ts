import { asArray, asBytes, asText, asUint, decodeReceipts, decodeTransaction, equalBytes, fail, hexToBytes, leafHash, rootFromInclusion } from '@telltale/core'
import type { Link, Transaction } from '@telltale/core'
import type { Client } from '@telltale/client'
import type { OwnerNow, ProvedStep } from '@telltale/node'
import type { RemotePlace } from './remote-place.ts'
import { changesSince } from './remote-trust.ts'

const CALL_ROTATE = 4
const CALL_TRANSFER = 12
/** More than an asset can have: its entry holds no more owners. */
const TRANSFERS_MAX = 2000

interface Step {
  bytes: Uint8Array
  receipt: Uint8Array
  index: number
}

/** Everything that changed whom a device obeys since it knew `known`, in order, from a node: its receipts are the proofs (`wrong-transfer-number`, and the codes of the node). */
export async function remoteOwnerSteps(place: RemotePlace, client: Client, known: OwnerNow): Promise<ProvedStep[]> {
  const steps: Step[] = []
  let { address, keyNumber } = known.owner
  for (const transfer of await transfersSince(place, known)) {
    steps.push(...(await rotations(place, client, address, keyNumber)).filter((rotation) => rotation.index < transfer.index), transfer)
    const [, , next, , consent] = asArray(decodeTransaction(transfer.bytes).args, 'transfer', 5)
    address = asText(next, 'new owner', 64)
    keyNumber = asUint(asArray(consent, 'consent', 2)[0], 'consent key number')
  }
  steps.push(...(await rotations(place, client, address, keyNumber)))
  if (steps.length === 0) return []
  const changes = await changesSince(client, known.set, place.primitives)
  // Whoever followed the first step believes those in force.
  return steps.map((step, i) => provedStep(place, step, i === 0 ? changes : []))
}

/** Transfers after those that are known, found backwards: each names the one before it. */
async function transfersSince(place: RemotePlace, { asset, lastTransfer, transfers }: OwnerNow): Promise<Step[]> {
  const found: Step[] = []
  let id = (await place.asset(asset)).lastTransfer
  while (!equalBytes(id, lastTransfer)) {
    if (found.length === TRANSFERS_MAX || id.every((byte) => byte === 0)) throw fail('wrong-transfer-number', 'The transfers of the asset do not lead back to the one that the device knows.', { expected: `${transfers} transfers before`, found: 'another history' })
    const transfer = await stepOf(place, id, ({ call, sub }) => call === CALL_TRANSFER && sub === asset)
    found.unshift(transfer)
    id = asBytes(asArray(decodeTransaction(transfer.bytes).args, 'transfer', 5)[1], 'previous transfer', 32)
  }
  return found
}

/** Rotations by an identity itself to keys above this number: each stands in the block before the first at which its key holds. */
async function rotations(place: RemotePlace, client: Client, address: string, above: number): Promise<Step[]> {
  const keys = ((await place.identity(address))?.keys ?? []).filter(({ value }) => value.number > above)
  const found: Step[] = []
  for (const { value, from } of keys) {
    const id = await findRotation(client, from - 1, address)
    if (id) found.push(await stepOf(place, id, ({ call, iss, sub, args }) => call === CALL_ROTATE && iss === address && sub === address && args[0] === value.number))
  }
  return found
}

async function findRotation(client: Client, height: number, address: string): Promise<Uint8Array | null> {
  let from: number | null = 0
  while (from !== null) {
    const page: { transactions: { id: string; call: number; iss: string; sub: string }[]; from: number | null } = await client.call('getBlock', { path: { height }, query: { from } })
    const found = page.transactions.find(({ call, iss, sub }) => call === CALL_ROTATE && iss === address && sub === address)
    if (found) return hexToBytes(found.id)
    from = page.from
  }
  // Its organisation gave the key for a lost one: no device follows that.
  return null
}

async function stepOf(place: RemotePlace, id: Uint8Array, isWanted: (transaction: Transaction) => boolean): Promise<Step> {
  const { bytes, receipt } = await place.remote.transaction(id)
  if (!isWanted(decodeTransaction(bytes))) throw fail('unexpected-answer', 'The node gave another transaction than the one that changed the owner.', { expected: 'a transfer or a rotation', found: 'another' })
  return { bytes, receipt, index: decodeReceipts(receipt)[0]!.index }
}

/** The receipts, which were checked, as the proof that a device checks again. */
function provedStep(place: RemotePlace, { bytes, receipt }: Step, changes: Link[]): ProvedStep {
  const { sha256 } = place.primitives
  const receipts = decodeReceipts(receipt)
  const { network, height, size, stateRoot, setHash, index, path } = receipts[0]!
  const logRoot = rootFromInclusion(leafHash(bytes, sha256), index, size, path, sha256)!
  const set = place.authorities()
  const signatures = receipts.map(({ cosignature: { address, issuedAtSeconds, signature } }) => ({ position: set.findIndex((one) => one.address === address), issuedAtSeconds, signature }))
  const link: Link = { checkpoint: { network, height, size, logRoot, stateRoot, setHash }, set: null, signatures: signatures.toSorted((a, b) => a.position - b.position), leavers: [] }
  return { transaction: bytes, index, path, links: [...changes, link] }
}
