import { asArray, asNullable, asText, asUint, attachmentFromCbor, decodeTransaction, openGrant } from '@telltale/core'
import type { AttachmentReference, DisclosedNode } from '@telltale/core'
import { splitStreamName } from '@telltale/ledger'
import type { LoggedTransaction } from '@telltale/ledger'
import type { KeyFileContent } from '../keys/key-file-format.ts'
import type { Home } from './home.ts'
import type { Place } from './place.ts'

/** A grant as it stands in the ledger. */
export interface LoggedGrant {
  device: string
  reader: string
  sealKeyNumber: number
  stream: string
  epoch: number
  from: number
  /** Null for the rest of the epoch. */
  to: number | null
  attachment: AttachmentReference
  /** How long nodes keep the attachment. */
  days: number
  height: number
  timeMs: number
}

/** Keys of one epoch that a reader was granted. */
export interface GrantedKeys {
  epoch: number
  nodes: DisclosedNode[]
}

const CALL_GRANT = 18

/** Everything that a device granted, oldest first. */
export async function grantsOf(home: Home, device: string): Promise<LoggedGrant[]> {
  return (await home.reader.sent(device, device, 0)).flatMap((said) => readGrant(said) ?? [])
}

/** What a device said about itself, where that is a grant; else null (the codes of the reader). */
export function readGrant({ bytes, height, timeMs }: Pick<LoggedTransaction, 'bytes' | 'height' | 'timeMs'>): LoggedGrant | null {
  const { call, iss, args } = decodeTransaction(bytes)
  if (call !== CALL_GRANT) return null
  const [reader, sealKeyNumber, stream, epoch, range, attachment, days] = asArray(args, 'grant', 7)
  const [from, to] = asArray(range, 'range of records', 2)
  return {
    device: iss,
    reader: asText(reader, 'reader', 64),
    sealKeyNumber: asUint(sealKeyNumber, 'seal key number'),
    stream: asText(stream, 'stream', 64),
    epoch: asUint(epoch, 'epoch'),
    from: asUint(from, 'first record'),
    to: asNullable(to, (last) => asUint(last, 'last record')),
    attachment: attachmentFromCbor(attachment, 'grant'),
    days: asUint(days, 'days'),
    height,
    timeMs,
  }
}

const DAY_MS = 86_400_000

/** Drops the grants of a device that nodes need to keep no longer: their days, counted from the time of their block, are over. Who read them in time has the keys. */
export async function dropExpiredGrants(home: Home, device: string, nowMs: number): Promise<number> {
  const { store } = home.ledger
  const expired = (await grantsOf(home, device)).filter(({ timeMs, days, attachment }) => timeMs + days * DAY_MS <= nowMs && store.hasAttachment(attachment.sha256))
  await Promise.all(expired.map(({ attachment }) => store.dropAttachment(attachment.sha256)))
  return expired.length
}

/**
 * What the seal keys in this directory open of a stream (`address/name`), newest grant first; `reader` leaves out the keys of others. A grant whose attachment was
 * dropped, or that does not hold what it says, opens nothing.
 */
export async function openGrants(home: Home, stream: string, reader: string | null): Promise<GrantedKeys[]> {
  const { device } = splitStreamName(stream) as { device: string }
  return openGrantsWith(home, stream, reader, { grants: () => grantsOf(home, device), attachment: (sha256) => home.ledger.store.readAttachment(sha256) })
}

/** Where grants and what they carry come from. */
export interface GrantSource {
  grants(): Promise<LoggedGrant[]>
  attachment(sha256: Uint8Array): Promise<Uint8Array | null>
}

/** The same with grants from elsewhere. Nobody has to be believed: what is not what it says opens nothing. */
export async function openGrantsWith(place: Pick<Place, 'wallet' | 'ledger'>, stream: string, reader: string | null, source: GrantSource): Promise<GrantedKeys[]> {
  const sealKeys = (await place.wallet.sealKeys()).filter(({ address }) => reader === null || address === reader)
  if (sealKeys.length === 0) return []
  const { name } = splitStreamName(stream) as { name: string }
  const opened: GrantedKeys[] = []
  for (const grant of (await source.grants()).reverse()) {
    const key = sealKeys.find(({ address, keyNumber }) => address === grant.reader && keyNumber === grant.sealKeyNumber)
    const nodes = key && grant.stream === name ? await open(place, source, grant, key) : null
    if (nodes) opened.push({ epoch: grant.epoch, nodes })
  }
  return opened
}

async function open({ ledger }: Pick<Place, 'ledger'>, { attachment }: GrantSource, grant: LoggedGrant, { secret }: KeyFileContent): Promise<DisclosedNode[] | null> {
  const sealed = await attachment(grant.attachment.sha256)
  if (!sealed) return null
  const { device, reader, sealKeyNumber, stream, epoch, from, to } = grant
  const judged = await openGrant(secret, { network: ledger.network, device, reader, sealKeyNumber, stream, epoch, from, to }, sealed)
  return judged.ok ? judged.value : null
}
