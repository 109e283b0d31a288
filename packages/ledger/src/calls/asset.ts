import { NO_PREVIOUS, asArray, asBytes, asMap, asText, asUint, createdId, emptyRoot, equalBytes, isName, keyFields, keyToAddress, publicKeyFromCose, statementCheck, wrongShape } from '@telltale/core'
import type { Cbor, CborMap, Primitives, PublicKey, StatementSignature, Verdict } from '@telltale/core'
import { accountOf, holdsRole, isActive, isOrganisation, keyInForce } from '../authority.ts'
import { refuse } from '../call.ts'
import type { Call, CallContext } from '../call.ts'
import { ATTRIBUTES_MAX, INTERVALS_MAX, REASON_BYTES_MAX, STREAMS_PER_ENROLMENT_MAX } from '../limits.ts'
import { closeIntervals, inForce, openInterval } from '../state/interval.ts'
import { assetKey, identityKey, streamKey } from '../state/key.ts'
import type { AssetRow, IdentityRow } from '../state/rows.ts'
import { consentChecks, isConsentPossible, judgeAlone, readConsent, readOptionalConsent } from './consent.ts'

export function ownerOf(asset: AssetRow, height: number): string | null {
  return inForce(asset.owners, height)[0] ?? null
}

function unknownAsset(id: string): Verdict {
  return refuse('unknown-asset', `${id} is not an asset of this network.`, 'an asset', id)
}

function consentRequired(party: string): Verdict {
  return refuse('consent-required', `${party} has to consent, with a key that is in force.`, `a consent by ${party}`)
}

interface AssetCreation {
  commitment: Uint8Array
  owner: string
  consent: StatementSignature | null
}

/** 8 create asset: an operator or organisation enters it for an owner who consents. */
export const createAsset: Call<AssetCreation> = {
  number: 8,
  name: 'create-asset',
  read(args) {
    const [commitment, owner, consent] = asArray(args, 'create asset', 3)
    return { commitment: asBytes(commitment, 'commitment', 32), owner: asText(owner, 'owner', 64), consent: readOptionalConsent(consent) }
  },
  signatures: (context, { owner, consent }) => consentChecks(context, owner, consent),
  judge(context, { owner, consent }) {
    const { iss, sub } = context.transaction
    if (iss !== sub) return refuse('wrong-subject', 'The subject of this call is its sender.', iss, sub)
    if (!isOrganisation(context, iss) && !holdsRole(context, iss, 'operator')) return refuse('not-allowed', `${iss} may not create assets.`, 'an organisation or an operator', iss)
    if (!holdsRole(context, owner, 'owner')) return refuse('unknown-identity', `${owner} is not admitted as an owner.`, 'an identity with the role owner', owner)
    if (owner === iss) return judgeAlone(consent)
    return isConsentPossible(context, owner, consent) ? null : consentRequired(owner)
  },
  apply(context, { commitment, owner }) {
    const from = context.height + 1
    context.state.set(assetKey(createdId('ta', context.id)), {
      owners: [{ value: owner, from, to: null }],
      commitment,
      streams: [],
      creator: context.transaction.iss,
      transfers: 0,
      lastTransfer: NO_PREVIOUS,
    })
  },
}

function openStream(context: CallContext, assetId: string, device: string, name: string): void {
  const empty = emptyRoot(context.primitives.sha256)
  context.state.set(streamKey(device, name), {
    asset: assetId,
    count: 0,
    head: NO_PREVIOUS,
    recordRoot: empty,
    lastHeight: 0,
    lastTimeMs: 0,
    epoch: 0,
    discontinuities: 0,
    notesCount: 0,
    notesRoot: empty,
  })
  const asset = context.state.asset(assetId) as AssetRow
  context.state.set(assetKey(assetId), { ...asset, streams: openInterval(asset.streams, `${device}/${name}`, context.height + 1) })
}

/** Whoever was suspended, or whose roles have expired, disposes of nothing until they hold a role again. */
function judgeActive(context: CallContext): Verdict | null {
  const { iss } = context.transaction
  return isActive(context, iss) ? null : refuse('role-not-in-force', `${iss} holds no role.`, 'an identity with a role in force', iss)
}

/** The owner acts alone; whoever created the asset acts with the owner's consent. */
function judgeAssetSide(context: CallContext, asset: AssetRow, consent: StatementSignature | null): Verdict | null {
  const owner = ownerOf(asset, context.height)
  if (owner === null) return refuse('not-in-force', 'The asset holds from the next block on.', 'an asset of an earlier block')
  const { iss } = context.transaction
  if (iss === owner) return judgeActive(context) ?? judgeAlone(consent)
  if (iss !== asset.creator) return refuse('not-allowed', `${iss} may not do this for the asset.`, `${owner} or ${asset.creator}`, iss)
  return judgeActive(context) ?? (isConsentPossible(context, owner, consent) ? null : consentRequired(owner))
}

function judgeStreamName(name: string): Verdict | null {
  return isName(name) ? null : refuse('malformed-name', `"${name.slice(0, 40)}" is not a stream name.`, 'a lower-case letter, then up to 31 letters, digits or dashes', name.slice(0, 40))
}

interface Enrolment {
  asset: string
  key: PublicKey
  keySignature: Uint8Array
  streams: string[]
  consent: StatementSignature | null
}

/** 9 enrol device: a new identity that signs for one asset, with its streams. */
export function createEnrolDevice(primitives: Primitives): Call<Enrolment> {
  return {
    number: 9,
    name: 'enrol-device',
    read(args) {
      const [asset, key, keySignature, names, consent] = asArray(args, 'enrol device', 5)
      const streams = asArray(names, 'stream names').map((name) => asText(name, 'stream name', 64))
      if (streams.length === 0 || streams.length > STREAMS_PER_ENROLMENT_MAX) throw wrongShape('stream names', `1 to ${STREAMS_PER_ENROLMENT_MAX}`, names)
      return { asset: asText(asset, 'asset', 64), key: publicKeyFromCose(key), keySignature: asBytes(keySignature, 'key signature'), streams, consent: readOptionalConsent(consent) }
    },
    signatures(context, { asset, key, keySignature, consent }) {
      const owner = ownerAtHeight(context, asset)
      const own = statementCheck('key', context.network, keyFields(keyToAddress(key, primitives), 'device', 0, asset), key, { keyNumber: 0, signature: keySignature })
      return owner === null ? [own] : [own, ...consentChecks(context, owner, consent)]
    },
    judge(context, { asset: assetId, key, streams, consent }) {
      const { iss, sub } = context.transaction
      if (iss !== sub) return refuse('wrong-subject', 'The subject of this call is its sender.', iss, sub)
      const asset = context.state.asset(assetId)
      if (!asset) return unknownAsset(assetId)
      const address = keyToAddress(key, primitives)
      if (context.state.identity(address)) return refuse('address-occupied', `${address} is enrolled already.`, 'a new key', address)
      if (!context.parameters.algorithms.includes(key.algorithm)) return refuse('algorithm-not-allowed', `This network does not admit ${key.algorithm} keys.`, context.parameters.algorithms.join(', '), key.algorithm)
      if (new Set(streams).size !== streams.length) return refuse('stream-exists', 'A stream is named twice.')
      if (asset.streams.length + streams.length > INTERVALS_MAX) return refuse('too-many-intervals', 'The asset has had too many streams.', `at most ${INTERVALS_MAX}`, String(asset.streams.length))
      for (const name of streams) {
        const verdict = judgeStreamName(name)
        if (verdict) return verdict
      }
      return judgeAssetSide(context, asset, consent)
    },
    apply(context, { asset, key, streams }) {
      const from = context.height + 1
      const address = keyToAddress(key, primitives)
      context.state.set(identityKey(address), {
        keys: [{ value: { number: 0, key }, from, to: null }],
        roles: [{ value: { name: 'device', scope: asset, expiryMs: null }, from, to: null }],
        sealKeys: [],
        organisation: accountOf(context),
      })
      for (const name of streams) openStream(context, asset, address, name)
    },
  }
}

function ownerAtHeight(context: CallContext, assetId: string): string | null {
  const asset = context.state.asset(assetId)
  return asset && ownerOf(asset, context.height)
}

interface StreamAddition {
  device: string
  name: string
  consent: StatementSignature | null
}

/** 10 add stream. */
export const addStream: Call<StreamAddition> = {
  number: 10,
  name: 'add-stream',
  read(args) {
    const [device, name, consent] = asArray(args, 'add stream', 3)
    return { device: asText(device, 'device', 64), name: asText(name, 'stream name', 64), consent: readOptionalConsent(consent) }
  },
  signatures(context, { consent }) {
    const owner = ownerAtHeight(context, context.transaction.sub)
    return owner === null ? [] : consentChecks(context, owner, consent)
  },
  judge(context, { device, name, consent }) {
    const { sub } = context.transaction
    const asset = context.state.asset(sub)
    if (!asset) return unknownAsset(sub)
    if (!holdsRole(context, device, 'device', sub)) return refuse('unknown-device', `${device} is not an active device of this asset.`, 'a device of the asset', device)
    if (context.state.stream(device, name)) return refuse('stream-exists', `The device has a stream ${name} already.`, 'a new name', name)
    if (asset.streams.length >= INTERVALS_MAX) return refuse('too-many-intervals', 'The asset has had too many streams.', `at most ${INTERVALS_MAX}`, String(asset.streams.length))
    return judgeStreamName(name) ?? judgeAssetSide(context, asset, consent)
  },
  apply: (context, { device, name }) => openStream(context, context.transaction.sub, device, name),
}

interface Retirement {
  device: string
  reason: string
}

/** 11 retire device: its role and its streams end; what it said stays. */
export const retireDevice: Call<Retirement> = {
  number: 11,
  name: 'retire-device',
  read(args) {
    const [device, reason] = asArray(args, 'retire device', 2)
    return { device: asText(device, 'device', 64), reason: asText(reason, 'reason', REASON_BYTES_MAX) }
  },
  judge(context, { device }) {
    const { iss, sub } = context.transaction
    const asset = context.state.asset(sub)
    if (!asset) return unknownAsset(sub)
    if (!holdsRole(context, device, 'device', sub)) return refuse('unknown-device', `${device} is not an active device of this asset.`, 'a device of the asset', device)
    const isCreator = iss === asset.creator && asset.transfers === 0
    if (iss !== ownerOf(asset, context.height) && !isCreator) return refuse('not-allowed', `${iss} may not retire devices of this asset.`, 'the owner, or whoever entered it until it changes hands', iss)
    return judgeActive(context)
  },
  apply(context, { device }) {
    const from = context.height + 1
    const identity = context.state.identity(device) as IdentityRow
    const asset = context.state.asset(context.transaction.sub) as AssetRow
    context.state.set(identityKey(device), { ...identity, roles: closeIntervals(identity.roles, from, () => true) })
    // A stream opened in this very block would vanish from the list if closed here: it keeps its interval and simply never gets a record.
    const streams = asset.streams.map((interval) => (interval.to === null && interval.from < from && interval.value.startsWith(`${device}/`) ? { ...interval, to: from } : interval))
    context.state.set(assetKey(context.transaction.sub), { ...asset, streams })
  },
}

interface Transfer {
  number: number
  previous: Uint8Array
  owner: string
  key: PublicKey
  consent: StatementSignature
}

/** 12 transfer: the owner hands the asset to another, who consents. The chain of transfers lets a device check its owner by itself. */
export const transfer: Call<Transfer> = {
  number: 12,
  name: 'transfer',
  read(args) {
    const [number, previous, owner, key, consent] = asArray(args, 'transfer', 5)
    return { number: asUint(number, 'transfer number'), previous: asBytes(previous, 'previous transfer', 32), owner: asText(owner, 'new owner', 64), key: publicKeyFromCose(key), consent: readConsent(consent) }
  },
  signatures: (context, { owner, consent }) => consentChecks(context, owner, consent),
  judge(context, { number, previous, owner, key, consent }) {
    const { iss, sub } = context.transaction
    const asset = context.state.asset(sub)
    if (!asset) return unknownAsset(sub)
    const current = ownerOf(asset, context.height)
    if (iss !== current) return refuse('not-allowed', `${iss} does not own the asset.`, current ?? 'an owner', iss)
    const inactive = judgeActive(context)
    if (inactive) return inactive
    if (owner === current) return refuse('already-owner', `${owner} owns the asset already.`, 'another owner', owner)
    if (asset.owners.some((interval) => interval.from > context.height)) return refuse('not-in-force', 'The asset changed hands in this very block.', 'an owner of an earlier block')
    if (number !== asset.transfers || !equalBytes(previous, asset.lastTransfer)) return refuse('wrong-transfer-number', 'The transfer does not follow the last one.', String(asset.transfers), String(number))
    if (asset.owners.length >= INTERVALS_MAX) return refuse('too-many-intervals', 'The asset changed hands too often.', `at most ${INTERVALS_MAX}`, String(asset.owners.length))
    if (!holdsRole(context, owner, 'owner')) return refuse('unknown-identity', `${owner} is not admitted as an owner.`, 'an identity with the role owner', owner)
    const registered = keyInForce(context.state.identity(owner), consent.keyNumber, context.height)
    if (!registered) return consentRequired(owner)
    return registered.algorithm === key.algorithm && equalBytes(registered.material, key.material) ? null : refuse('key-mismatch', 'The key is not the one that the new owner consents with.', 'the registered key', 'another')
  },
  apply(context, { owner }) {
    const { sub } = context.transaction
    const asset = context.state.asset(sub) as AssetRow
    const from = context.height + 1
    context.state.set(assetKey(sub), { ...asset, owners: openInterval(closeIntervals(asset.owners, from, () => true), owner, from), transfers: asset.transfers + 1, lastTransfer: context.id })
  },
}

/**
 * Attributes of an asset: 1 to 32 names with text or a whole number each (`wrong-shape`). Nothing nests in them: whoever reads a certificate is shown all that
 * was committed to.
 */
export function attributesFromCbor(value: Cbor | undefined): CborMap {
  const attributes = asMap(value, 'attributes')
  if (attributes.size === 0 || attributes.size > ATTRIBUTES_MAX) throw wrongShape('attributes', `1 to ${ATTRIBUTES_MAX}`, attributes)
  for (const [name, item] of attributes) {
    asText(name, 'attribute name', 64)
    if (typeof item !== 'number') asText(item, 'attribute', REASON_BYTES_MAX)
  }
  return attributes
}

/** What an asset's commitment hides: SHA-256(cbor ["tt-asset-1", salt (32), attributes]). */
export function commitmentInput(salt: Uint8Array, attributes: CborMap): Cbor[] {
  return ['tt-asset-1', salt, attributes]
}
