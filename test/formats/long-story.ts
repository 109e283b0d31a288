import { NO_PREVIOUS, compareBytes, createdId, decodeTransaction, deriveCover, portable, publicKeyToCose, sealGrant, transactionId } from '@telltale/core'
import type { AuthoritySet, Cbor, GrantInfo, Link } from '@telltale/core'
import { makeCertificate } from '@telltale/certificate'
import type { Anchor } from '@telltale/certificate'
import { DEFAULT_PARAMETERS, proposalHash } from '@telltale/ledger'
import { actor, filled, signerOf } from './actors.ts'
import type { Actor } from './actors.ts'
import { admit, createAsset, enrolDevice, epochNode, keySignature, odometer, openRecordOf, sealKey, withConsent } from './calls.ts'
import { GENESIS_MS, createHistory } from './history.ts'
import type { History, Message } from './history.ts'

/** Four authorities, one of each algorithm, of which one leaves; every call that a ledger with several authorities knows; open records, a resume, a fork. */
export interface LongStory {
  history: History
  asset: string
  /** Every call by its first message, with its transaction. */
  calls: { name: string; message: Message; bytes: Uint8Array }[]
  forked: [Uint8Array, Uint8Array]
  proposal: { id: string; hash: Uint8Array; kind: string; value: Cbor }
  grant: { info: GrantInfo; keys: Uint8Array[]; seed: Uint8Array; readerSecret: Uint8Array; bytes: Uint8Array }
  setBefore: AuthoritySet
  link: Link
  head: Link
  certificate: Uint8Array
  anchoredCertificate: Uint8Array
}

const AUTHORITIES = [actor(11), actor(12, 'ES256'), actor(13, 'ES256K'), actor(14, 'RS256')]
const [LEAD, SECOND, THIRD, LEAVER] = AUTHORITIES as [Actor, Actor, Actor, Actor]
const OWNER = actor(15)
const BUYER = actor(16)
const WORKSHOP = actor(17)
const READER = actor(18)
const READER_SECRET = filled(19)
const DEVICE = actor(20, 'ES256')
const MILES = [15_500, 15_625, 15_750]

export async function tellLongStory(): Promise<LongStory> {
  const history = await createHistory(AUTHORITIES, 'long')
  const calls: LongStory['calls'] = []
  const tell = createTeller(history, calls)
  await tell([
    await admit(history, LEAD, OWNER, LEAD.address, [['owner', null, null]]),
    await admit(history, LEAD, BUYER, LEAD.address, [['owner', null, GENESIS_MS + 31_536_000_000]]),
    await admit(history, LEAD, WORKSHOP, null, [['operator', 'service', null], ['member', null, null]]),
    await admit(history, LEAD, READER, null, [['custodian', null, null]]),
  ])
  const { id: asset } = await createAsset(history, LEAD, OWNER, new Map([['vin', 'JTMRFREV0HJ000002']]))
  await tell([await enrolDevice(history, OWNER, asset, DEVICE, ['odometer'])])
  await tell([
    { from: LEAD, call: 2, sub: WORKSHOP.address, args: [[['operator', 'service', null], ['gateway', null, null]]] },
    { from: OWNER, call: 10, sub: asset, args: [DEVICE.address, 'driving', null] },
    sealKey(READER, READER_SECRET),
  ])
  const forked = await drive(history, tell)
  const grant = await share(history, tell)
  await sell(history, tell, asset)
  await tell([{ from: WORKSHOP, call: 26, sub: `${DEVICE.address}/odometer`, args: forked }])
  await tell([{ from: WORKSHOP, call: 24, sub: `${DEVICE.address}/odometer`, args: [null, null, 'instrument cluster', 'replaced at 15,600 mi'] }])
  const setBefore = history.ledger.authorities(history.ledger.position.height)
  const proposal = await govern(history, tell, asset)
  const { height } = history.ledger.position
  const link = await history.linkTo(height - 1, setBefore)
  const head = await history.linkTo(height, history.ledger.authorities(height - 1))
  const anchored: Anchor = { kind: 'checkpoint', checkpoint: link.checkpoint, set: history.ledger.authorities(height) }
  return {
    history,
    asset,
    calls,
    forked,
    proposal,
    grant,
    setBefore,
    link,
    head,
    certificate: await certify(history, asset, { kind: 'genesis', genesis: history.genesis }, [link], head),
    anchoredCertificate: await certify(history, asset, anchored, [], head),
  }
}

type Tell = (messages: Message[], attachments?: Uint8Array[]) => Promise<Uint8Array[]>

/** One block for some messages; remembers the first of each call. */
function createTeller(history: History, calls: LongStory['calls']): Tell {
  return async (messages, attachments) => {
    const transactions = await Promise.all(messages.map((message) => history.sign(message)))
    messages.forEach((message, i) => {
      const { call } = message
      if (!calls.some((known) => known.message.call === call)) calls.push({ name: CALL_NAMES[call] as string, message, bytes: transactions[i] as Uint8Array })
    })
    return history.block(transactions, attachments)
  }
}

const CALL_NAMES: Record<number, string> = { 1: 'admit', 2: 'roles', 3: 'suspend', 4: 'rotate', 5: 'seal key', 8: 'create asset', 9: 'enrol device', 10: 'add stream', 11: 'retire device', 12: 'transfer', 16: 'record', 17: 'resume', 18: 'grant', 19: 'forget', 24: 'correction', 26: 'fork', 32: 'propose', 33: 'approve' }

/** Two open records, a resume under another boot, one more record; and the other record 1 that the device signed as well. */
async function drive(history: History, tell: Tell): Promise<[Uint8Array, Uint8Array]> {
  const place = { device: DEVICE, stream: 'odometer', boot: filled(0xb1, 6) }
  const recordAt = (sequence: number, previous: Uint8Array, miles: number): ReturnType<typeof openRecordOf> => openRecordOf({ ...place, sequence, previous }, 1, [odometer(miles, 5000 * (sequence + 1))])
  const first = recordAt(0, NO_PREVIOUS, MILES[0] as number)
  const [firstId] = (await tell([first.message], [first.body])) as [Uint8Array]
  const second = recordAt(1, firstId, MILES[1] as number)
  const [secondId] = (await tell([second.message], [second.body])) as [Uint8Array]
  const other = recordAt(1, firstId, 10_000)
  const boot = filled(0xb2, 6)
  const [resumeId] = (await tell([{ from: DEVICE, call: 17, sub: 'odometer', sequence: 2, args: [secondId, boot, 'state lost'] }])) as [Uint8Array]
  const last = openRecordOf({ ...place, boot, sequence: 3, previous: resumeId }, 1, [odometer(MILES[2] as number, 700)])
  await tell([last.message], [last.body])
  const pair: [Uint8Array, Uint8Array] = [await history.sign(second.message), await history.sign(other.message)]
  const ids = pair.map((bytes) => transactionId(decodeTransaction(bytes), portable))
  if (compareBytes(ids[0] as Uint8Array, ids[1] as Uint8Array) > 0) return [pair[1], pair[0]]
  return pair
}

/** A grant of records 1 to 3 for the custodian, and something that is forgotten. */
async function share(history: History, tell: Tell): Promise<LongStory['grant']> {
  const info: GrantInfo = { network: history.ledger.network, device: DEVICE.address, reader: READER.address, sealKeyNumber: 0, stream: 'driving', epoch: 0, from: 1, to: 3 }
  const keys = deriveCover(epochNode(history, DEVICE.address, 'driving'), 1, 3, portable)
  const seed = filled(0x5e)
  const { args: registered } = sealKey(READER, READER_SECRET)
  const bytes = await sealGrant(registered[1] as Uint8Array, info, keys, seed)
  const grant: Message = { from: DEVICE, call: 18, sub: DEVICE.address, args: [READER.address, 0, 'driving', 0, [1, 3], [portable.sha256(bytes), bytes.length], 365] }
  await tell([grant], [bytes])
  await tell([await withConsent(history, { from: DEVICE, call: 19, sub: DEVICE.address }, ['driving', 0, [0, null]], OWNER)])
  return { info, keys, seed, readerSecret: READER_SECRET, bytes }
}

/** The owner takes a new key and sells the car. */
async function sell(history: History, tell: Tell, asset: string): Promise<void> {
  const renewed: Actor = { address: OWNER.address, signer: signerOf(21, 'EdDSA', 1) }
  await tell([{ from: OWNER, call: 4, sub: OWNER.address, args: [1, publicKeyToCose(renewed.signer.publicKey), await keySignature(history, renewed, 'rotation')] }])
  await tell([await withConsent(history, { from: renewed, call: 12, sub: asset }, [0, NO_PREVIOUS, BUYER.address, publicKeyToCose(BUYER.signer.publicKey)], BUYER)])
}

/** One authority leaves; the block after the decision is where its removal is noted down, the one after that is the first without it. */
async function govern(history: History, tell: Tell, asset: string): Promise<LongStory['proposal']> {
  const [kind, value] = ['remove-authority', LEAVER.address]
  const [proposed] = (await tell([{ from: LEAD, call: 32, sub: LEAD.address, args: [kind, value] }])) as [Uint8Array]
  const id = createdId('tp', proposed)
  const hash = proposalHash(history.ledger.network, kind, value, portable)
  await tell([SECOND, THIRD].map((from) => ({ from, call: 33, sub: id, args: [hash] })))
  const parameters = new Map(parametersOf('long, renamed'))
  await tell([{ from: LEAD, call: 32, sub: LEAD.address, args: ['parameters', parameters] }])
  await tell([{ from: LEAD, call: 3, sub: WORKSHOP.address, args: ['contract ended'] }])
  await tell([{ from: BUYER, call: 11, sub: asset, args: [DEVICE.address, 'sold without it'] }])
  return { id, hash, kind, value }
}

function parametersOf(name: string): [string, Cbor][] {
  const { blockMs, blockTransactionsMax, blockBytesMax, notesMax, quotaBytes, quotaWindowMs, lateMs } = DEFAULT_PARAMETERS
  return [['name', name], ['sealers', 'authorities'], ['work', 0], ['block-ms', blockMs], ['block-transactions', blockTransactionsMax], ['block-bytes', blockBytesMax], ['notes', notesMax], ['quota-bytes', quotaBytes], ['quota-ms', quotaWindowMs], ['late-ms', lateMs], ['algorithms', [-8, -7, -47, -257]]]
}

async function certify(history: History, asset: string, anchor: Anchor, links: Link[], head: Link): Promise<Uint8Array> {
  const { ledger, reader } = history
  return makeCertificate(
    { asset, streams: [{ stream: `${DEVICE.address}/odometer`, from: 1, to: 3 }], disclose: 'all', identity: null },
    { network: ledger.network, anchor, reader, atHead: async (read) => read(head, links), attachment: (sha256) => ledger.store.readAttachment(sha256), keys: async () => null, primitives: portable },
  )
}
