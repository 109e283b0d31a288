import { asArray, asBytes, asNullable, asText, asUint, decode, encode, publicKeyFromCose, publicKeyToCose, setFromCbor, setToCbor, wrongShape } from '@telltale/core'
import type { AuthoritySet, Cbor, KeyReader, PublicKey } from '@telltale/core'
import { parametersFromCbor, parametersToCbor } from '../parameters.ts'
import type { Parameters } from '../parameters.ts'
import { intervalsFromCbor, intervalsToCbor } from './interval.ts'
import type { Interval } from './interval.ts'
import { ROLE_NAMES, isRoleName } from './role.ts'
import type { Role } from './role.ts'

/** A change of the set of authorities that was approved and waits for the block that decided it to be final. */
export interface PendingSet {
  set: AuthoritySet
  decidedHeight: number
}

/** A lone authority went on after losing what it had signed: `sizeSigned` null where even that is lost. */
export interface Resumption {
  sizeSigned: number | null
  sizeHeld: number
  height: number
}

export interface NetworkRow {
  parameters: Interval<Parameters>[]
  sets: Interval<AuthoritySet>[]
  resumptions: Resumption[]
  pending: PendingSet[]
}

export interface NumberedKey {
  number: number
  key: PublicKey
}

export interface SealKey {
  number: number
  /** X25519, 32 bytes. */
  key: Uint8Array
}

export interface IdentityRow {
  keys: Interval<NumberedKey>[]
  roles: Interval<Role>[]
  sealKeys: Interval<SealKey>[]
  /** Address of the organisation that answers for it; null where it is one itself. */
  organisation: string | null
}

export interface AssetRow {
  owners: Interval<string>[]
  commitment: Uint8Array
  /** `address/name` of every stream it ever had. */
  streams: Interval<string>[]
  creator: string
  transfers: number
  lastTransfer: Uint8Array
}

export interface StreamRow {
  asset: string
  count: number
  head: Uint8Array
  recordRoot: Uint8Array
  lastHeight: number
  lastTimeMs: number
  epoch: number
  /** How often the device lost its state and resumed. */
  discontinuities: number
  notesCount: number
  notesRoot: Uint8Array
}

export interface ProposalRow {
  kind: string
  value: Cbor
  proposer: string
  approvals: string[]
  /** Height of the block that decided it; null while open. */
  decidedHeight: number | null
}

export function networkRowToCbor(row: NetworkRow): Cbor[] {
  return [
    intervalsToCbor(row.parameters, parametersToCbor),
    intervalsToCbor(row.sets, setToCbor),
    row.resumptions.map(({ sizeSigned, sizeHeld, height }) => [sizeSigned, sizeHeld, height]),
    row.pending.map(({ set, decidedHeight }) => [setToCbor(set), decidedHeight]),
  ]
}

/** `readKey` as in `identityRowFromCbor`. */
export function networkRowFromCbor(value: Cbor | undefined, readKey: KeyReader = publicKeyFromCose): NetworkRow {
  const readSet = (item: Cbor | undefined): AuthoritySet => setFromCbor(item, readKey)
  const [parameters, sets, resumptions, pending] = asArray(value, 'network entry', 4)
  return {
    parameters: intervalsFromCbor(parameters, 'network parameters', parametersFromCbor),
    sets: intervalsFromCbor(sets, 'network sets', readSet),
    resumptions: asArray(resumptions, 'network resumptions').map((item) => {
      const [sizeSigned, sizeHeld, height] = asArray(item, 'resumption', 3)
      return { sizeSigned: asNullable(sizeSigned, (size) => asUint(size, 'resumption size')), sizeHeld: asUint(sizeHeld, 'resumption size'), height: asUint(height, 'resumption height') }
    }),
    pending: asArray(pending, 'network pending').map((item) => {
      const [set, decidedHeight] = asArray(item, 'pending set', 2)
      return { set: readSet(set), decidedHeight: asUint(decidedHeight, 'pending set height') }
    }),
  }
}

function roleToCbor(role: Role): Cbor[] {
  return [role.name, role.scope, role.expiryMs]
}

export function roleFromCbor(value: Cbor | undefined): Role {
  const [name, scope, expiryMs] = asArray(value, 'role', 3)
  if (typeof name !== 'string' || !isRoleName(name)) throw wrongShape('role', `one of ${ROLE_NAMES.join(', ')}`, name)
  return { name, scope: asNullable(scope, (text) => asText(text, 'role scope', 64)), expiryMs: asNullable(expiryMs, (ms) => asUint(ms, 'role expiry')) }
}

export function identityRowToCbor(row: IdentityRow): Cbor[] {
  return [
    intervalsToCbor(row.keys, ({ number, key }) => [number, publicKeyToCose(key)]),
    intervalsToCbor(row.roles, roleToCbor),
    intervalsToCbor(row.sealKeys, ({ number, key }) => [number, key]),
    row.organisation,
  ]
}

/** `readKey` decides whether keys are checked here: not where they were checked before, nor where each is checked with the first signature under it. */
export function identityRowFromCbor(value: Cbor | undefined, readKey: KeyReader = publicKeyFromCose): IdentityRow {
  const [keys, roles, sealKeys, organisation] = asArray(value, 'identity entry', 4)
  return {
    keys: intervalsFromCbor(keys, 'identity keys', (item) => {
      const [number, key] = asArray(item, 'identity key', 2)
      return { number: asUint(number, 'identity key number', 255), key: readKey(key) }
    }),
    roles: intervalsFromCbor(roles, 'identity roles', roleFromCbor),
    sealKeys: intervalsFromCbor(sealKeys, 'identity seal keys', (item) => {
      const [number, key] = asArray(item, 'identity seal key', 2)
      return { number: asUint(number, 'identity seal key number', 255), key: asBytes(key, 'identity seal key', 32) }
    }),
    organisation: asNullable(organisation, (text) => asText(text, 'identity organisation', 64)),
  }
}

export function assetRowToCbor(row: AssetRow): Cbor[] {
  const asIs = (text: string): Cbor => text
  return [intervalsToCbor(row.owners, asIs), row.commitment, intervalsToCbor(row.streams, asIs), row.creator, row.transfers, row.lastTransfer]
}

export function assetRowFromCbor(value: Cbor | undefined): AssetRow {
  const [owners, commitment, streams, creator, transfers, lastTransfer] = asArray(value, 'asset entry', 6)
  return {
    owners: intervalsFromCbor(owners, 'asset owners', (text) => asText(text, 'asset owner', 64)),
    commitment: asBytes(commitment, 'asset commitment', 32),
    streams: intervalsFromCbor(streams, 'asset streams', (text) => asText(text, 'asset stream', 128)),
    creator: asText(creator, 'asset creator', 64),
    transfers: asUint(transfers, 'asset transfers'),
    lastTransfer: asBytes(lastTransfer, 'asset last transfer', 32),
  }
}

export function streamRowToCbor(row: StreamRow): Cbor[] {
  return [row.asset, row.count, row.head, row.recordRoot, row.lastHeight, row.lastTimeMs, row.epoch, row.discontinuities, row.notesCount, row.notesRoot]
}

export function streamRowFromCbor(value: Cbor | undefined): StreamRow {
  const [asset, count, head, recordRoot, lastHeight, lastTimeMs, epoch, discontinuities, notesCount, notesRoot] = asArray(value, 'stream entry', 10)
  return {
    asset: asText(asset, 'stream asset', 64),
    count: asUint(count, 'stream count'),
    head: asBytes(head, 'stream head', 32),
    recordRoot: asBytes(recordRoot, 'stream record root', 32),
    lastHeight: asUint(lastHeight, 'stream last height'),
    lastTimeMs: asUint(lastTimeMs, 'stream last time'),
    epoch: asUint(epoch, 'stream epoch'),
    discontinuities: asUint(discontinuities, 'stream discontinuities'),
    notesCount: asUint(notesCount, 'stream notes count'),
    notesRoot: asBytes(notesRoot, 'stream notes root', 32),
  }
}

export function proposalRowToCbor(row: ProposalRow): Cbor[] {
  return [row.kind, encode(row.value), row.proposer, row.approvals, row.decidedHeight]
}

export function proposalRowFromCbor(value: Cbor | undefined): ProposalRow {
  const [kind, inner, proposer, approvals, decidedHeight] = asArray(value, 'proposal entry', 5)
  return {
    kind: asText(kind, 'proposal kind', 32),
    value: decode(asBytes(inner, 'proposal value')),
    proposer: asText(proposer, 'proposal proposer', 64),
    approvals: asArray(approvals, 'proposal approvals').map((text) => asText(text, 'proposal approval', 64)),
    decidedHeight: asNullable(decidedHeight, (height) => asUint(height, 'proposal height')),
  }
}
