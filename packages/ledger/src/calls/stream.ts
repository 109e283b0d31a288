import { NO_PREVIOUS, STREAM_RECORDS_MAX, asArray, asBytes, asNullable, asText, asUint, attachmentFromCbor, bytesToHex, equalBytes, recordArgsFromCbor, recordLeaf, wrongShape } from '@telltale/core'
import type { AttachmentReference, Cbor, RecordArgs, StatementSignature, Verdict } from '@telltale/core'
import { holdsRole } from '../authority.ts'
import { refuse } from '../call.ts'
import type { Call, CallContext } from '../call.ts'
import { REASON_BYTES_MAX } from '../limits.ts'
import { inForce } from '../state/interval.ts'
import { streamKey } from '../state/key.ts'
import type { StreamRow } from '../state/rows.ts'
import { ownerOf } from './asset.ts'
import { consentChecks, isConsentPossible, readConsent } from './consent.ts'

/** What record and resume have in common: the device is active, the stream is its own, and the transaction follows the head. */
function judgePosition(context: CallContext, previous: Uint8Array): Verdict | null {
  const { iss, sub, sequence } = context.transaction
  const stream = context.state.stream(iss, sub)
  if (!stream) return refuse('unknown-stream', `${iss} has no stream ${sub}.`, 'a stream of the device', sub)
  if (!holdsRole(context, iss, 'device', stream.asset)) return refuse('role-not-in-force', `${iss} is not an active device of ${stream.asset}.`, 'an active device', iss)
  if (sequence >= STREAM_RECORDS_MAX) return refuse('stream-full', 'The stream holds as many records as it can; add a new one.', `below ${STREAM_RECORDS_MAX}`, String(sequence))
  if (!equalBytes(previous, stream.head)) return refuse('previous-mismatch', 'The record does not follow the last one of its stream.', bytesToHex(stream.head), bytesToHex(previous))
  return null
}

function advance(context: CallContext, change: Partial<StreamRow>): void {
  const { iss, sub } = context.transaction
  const stream = context.state.stream(iss, sub) as StreamRow
  context.append('records', `${iss}/${sub}`, recordLeaf(context.height, context.timeMs, context.id))
  context.state.set(streamKey(iss, sub), { ...stream, count: stream.count + 1, head: context.id, lastHeight: context.height, lastTimeMs: context.timeMs, ...change })
}

/** 16 record: one signed batch of readings, open or sealed. */
export const record: Call<RecordArgs> = {
  number: 16,
  name: 'record',
  read: recordArgsFromCbor,
  judge(context, { previous, content, cites }) {
    const verdict = judgePosition(context, previous)
    if (verdict) return verdict
    if (cites !== null && !context.hasTransaction(cites)) return refuse('unknown-citation', 'The record cites a transaction that is not in the log.', 'the id of an earlier transaction', bytesToHex(cites))
    if (content.kind === 'open') return null
    const { epoch } = context.state.stream(context.transaction.iss, context.transaction.sub) as StreamRow
    return content.epoch === epoch || content.epoch === epoch + 1 ? null : refuse('wrong-epoch', 'Epochs stay or rise by one.', `${epoch} or ${epoch + 1}`, String(content.epoch))
  },
  apply: (context, { content }) => advance(context, content.kind === 'sealed' ? { epoch: content.epoch } : {}),
  attachments: ({ body }) => [body],
}

export interface Resume {
  previous: Uint8Array
  boot: Uint8Array
  reason: string
}

/** [previous, boot, reason] (`wrong-shape`). */
export function readResume(args: Cbor[]): Resume {
  const [previous, boot, reason] = asArray(args, 'resume', 3)
  return { previous: asBytes(previous, 'resume previous', 32), boot: asBytes(boot, 'resume boot', 6), reason: asText(reason, 'reason', REASON_BYTES_MAX) }
}

/** 17 resume: the device lost its state and goes on from the head that the ledger shows it. */
export const resume: Call<Resume> = {
  number: 17,
  name: 'resume',
  read: readResume,
  judge(context, { previous }) {
    if (equalBytes(previous, NO_PREVIOUS)) return refuse('nothing-to-resume', 'The stream has no record yet; begin with one.', 'a stream with records')
    return judgePosition(context, previous)
  },
  apply(context) {
    const { discontinuities } = context.state.stream(context.transaction.iss, context.transaction.sub) as StreamRow
    advance(context, { discontinuities: discontinuities + 1 })
  },
}

interface Grant {
  reader: string
  sealKeyNumber: number
  stream: string
  epoch: number
  from: number
  to: number | null
  attachment: AttachmentReference
  days: number
}

function readRange(value: Cbor | undefined): { from: number; to: number | null } {
  const [from, to] = asArray(value, 'range of records', 2)
  const range = { from: asUint(from, 'first record', STREAM_RECORDS_MAX - 1), to: asNullable(to, (last) => asUint(last, 'last record', STREAM_RECORDS_MAX - 1)) }
  if (range.to !== null && range.to < range.from) throw wrongShape('range of records', 'first at or below last', value)
  return range
}

/** 18 grant: keys of a range of one epoch, sealed for one reader. The device makes it on its owner's instruction. */
export const grant: Call<Grant> = {
  number: 18,
  name: 'grant',
  read(args) {
    const [reader, sealKeyNumber, stream, epoch, range, attachment, days] = asArray(args, 'grant', 7)
    return {
      reader: asText(reader, 'reader', 64),
      sealKeyNumber: asUint(sealKeyNumber, 'seal key number', 255),
      stream: asText(stream, 'stream', 64),
      epoch: asUint(epoch, 'epoch', 0xffff_ffff),
      ...readRange(range),
      attachment: attachmentFromCbor(attachment, 'grant'),
      days: asUint(days, 'days', 36_525),
    }
  },
  judge(context, { reader, sealKeyNumber, stream }) {
    const { iss, sub } = context.transaction
    if (iss !== sub) return refuse('wrong-subject', 'The subject of this call is its sender.', iss, sub)
    if (!holdsRole(context, iss, 'device')) return refuse('role-not-in-force', `${iss} is not an active device.`, 'an active device', iss)
    if (!context.state.stream(iss, stream)) return refuse('unknown-stream', `${iss} has no stream ${stream}.`, 'a stream of the device', stream)
    const identity = context.state.identity(reader)
    if (!identity) return refuse('unknown-identity', `The reader ${reader} is not admitted.`, 'an admitted identity', reader)
    const known = inForce(identity.sealKeys, context.height).some((key) => key.number === sealKeyNumber)
    return known ? null : refuse('unknown-seal-key', `The reader has no seal key ${sealKeyNumber} in force.`, 'a registered seal key', String(sealKeyNumber))
  },
  // That it happened, when and for whom is what the ledger keeps: the log entry is the effect.
  apply: () => undefined,
  attachments: ({ attachment }) => [attachment],
  keptUntilMs: ({ days }, blockTimeMs) => blockTimeMs + days * DAY_MS,
}

const DAY_MS = 86_400_000

interface Forget {
  stream: string
  epoch: number
  from: number
  to: number | null
  consent: StatementSignature
}

/** 19 forget: with the owner's consent, nodes drop bodies and grants of a range; the log and every proof stay. */
export const forget: Call<Forget> = {
  number: 19,
  name: 'forget',
  read(args) {
    const [stream, epoch, range, consent] = asArray(args, 'forget', 4)
    return { stream: asText(stream, 'stream', 64), epoch: asUint(epoch, 'epoch', 0xffff_ffff), ...readRange(range), consent: readConsent(consent) }
  },
  signatures(context, { stream, consent }) {
    const owner = streamOwner(context, stream)
    return owner === null ? [] : consentChecks(context, owner, consent)
  },
  judge(context, { stream, consent }) {
    const { iss, sub } = context.transaction
    if (iss !== sub) return refuse('wrong-subject', 'The subject of this call is its sender.', iss, sub)
    if (!holdsRole(context, iss, 'device')) return refuse('role-not-in-force', `${iss} is not an active device.`, 'an active device', iss)
    const owner = streamOwner(context, stream)
    if (owner === null) return refuse('unknown-stream', `${iss} has no stream ${stream}.`, 'a stream of the device', stream)
    return isConsentPossible(context, owner, consent) ? null : refuse('consent-required', `${owner} has to consent, with a key that is in force.`, `a consent by ${owner}`)
  },
  apply: () => undefined,
}

function streamOwner(context: CallContext, name: string): string | null {
  const stream = context.state.stream(context.transaction.iss, name)
  const asset = stream && context.state.asset(stream.asset)
  return asset ? ownerOf(asset, context.height) : null
}
