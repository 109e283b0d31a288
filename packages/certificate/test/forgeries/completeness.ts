import { NO_PREVIOUS, decodeTransaction, recordArgsFromCbor } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { assetKey, identityKey } from '@telltale/ledger'
import { testBytes } from '@telltale/testing'
import { STREAM_ROW, changeRow, device, entryOf, following, found, keyOfStream, notesOf, openRecords, outsider, quorum, resign, rowOf, sealedRecords } from './forging.ts'
import type { Forgery, Forging } from './forging.ts'

/** Something of the car's history is left out, put elsewhere or added. */
export const COMPLETENESS: Forgery[] = [
  ...dropped(),
  ...streamsLeftOut(),
  ...renumbered(),
  quorum(['complete', 'not-a-record'], 'a resume kept out of sight, a correction in its place', (f) => void (found(sealedRecords(f).transactions[3]).bytes = found(notesOf(f.certificate, f.story.streams.sealed).transactions[0]))),
  device(['complete', 'not-a-record'], 'a grant among the records', async (f) => resignOpen(f, 2, { call: 18 })),
  device(['complete', 'not-a-record'], 'a call that there is not, with what a resume says', async (f) => {
    const last = found(openRecords(f).transactions[2])
    const { previous, boot } = recordArgsFromCbor(decodeTransaction(last.bytes).args)
    last.bytes = await resign(last.bytes, f.story.open, { call: 63, args: [previous, boot, 'state lost'] })
    found(f.certificate.disclosed.find(({ stream }) => stream === f.story.streams.open)).to = 1
    f.certificate.attachments.splice(f.certificate.records[0]?.stream === f.story.streams.open ? 2 : -1, 1)
  }),
  quorum(['complete', null], 'a device that lost its memory, which the ledger forgot', (f) => changeRow(f.certificate, keyOfStream(f.story.streams.sealed), (row) => void (row[STREAM_ROW.discontinuities] = 0)), { state: 'attention' }),
  outsider(['complete', 'unsorted'], 'streams out of order', ({ certificate }) => certificate.records.reverse()),
  outsider(['complete', 'unsorted'], 'a stream twice', ({ certificate }) => certificate.records.splice(1, 0, structuredClone(found(certificate.records[0])))),
  outsider(['complete', 'other-stream'], 'records of a device of another car', ({ certificate }) => void (found(certificate.records[1]).stream = `tt1zz/odometer`)),
  outsider(['complete', 'other-stream'], 'a stream without a device', ({ certificate }) => void (found(certificate.records[1]).stream = 'zz')),
  outsider(['complete', 'records-missing'], 'each stream shown under the name of the other', (f) => {
    const [one, two] = [openRecords(f), sealedRecords(f)]
    ;[one.stream, two.stream] = [two.stream, one.stream]
    f.certificate.records.reverse()
  }),
]

function dropped(): Forgery[] {
  const missing = ['complete', 'records-missing'] as const
  const partial = { base: 'partial' as const }
  return [
    outsider([...missing], 'the last record dropped', (f) => openRecords(f).transactions.pop()),
    outsider([...missing], 'a record in the middle dropped', (f) => openRecords(f).transactions.splice(1, 1)),
    outsider([...missing], 'the first record dropped, the rest moved up', (f) => openRecords(f).transactions.shift()),
    outsider([...missing], 'the first record dropped, the rest where it stands', (f) => {
      openRecords(f).transactions.shift()
      openRecords(f).from = 1
    }),
    outsider([...missing], 'records in another order', (f) => openRecords(f).transactions.reverse()),
    outsider([...missing], 'a record doubled', (f) => openRecords(f).transactions.push(found(openRecords(f).transactions[2]))),
    outsider([...missing], 'a record in another block', (f) => void (found(openRecords(f).transactions[0]).height -= 1)),
    outsider([...missing], 'a record at another time', (f) => void (found(openRecords(f).transactions[0]).timeMs += 1)),
    outsider([...missing], 'a hash too many in the range proof', (f) => openRecords(f).rangeProof.push(testBytes('surplus'))),
    outsider([...missing], 'a hash too few in the range proof', (f) => sealedRecords(f).rangeProof.pop(), partial),
    outsider([...missing], 'a period told to begin elsewhere', (f) => void (sealedRecords(f).from += 1), partial),
    outsider([...missing], 'records from the last number that there is', (f) => void (openRecords(f).from = Number.MAX_SAFE_INTEGER)),
    outsider(['complete', null], 'no record shown at all', ({ certificate, story }) => {
      const { leaves, transactions } = notesOf(certificate, story.streams.sealed)
      Object.assign(certificate, { records: [], disclosed: [], attachments: [] })
      notesOf(certificate, story.streams.sealed).transactions = transactions.filter((_, i) => leaves[i]?.first === null)
      notesOf(certificate, story.streams.open).transactions = []
      const silent = [story.sealing, story.open, story.organisation].map(({ address }) => entryOf(certificate, identityKey(address)))
      certificate.state = certificate.state.filter((entry) => !silent.includes(entry))
    }, { state: 'attention', question: ({ story }) => ({ trust: { network: story.network.ledger.network } }) }),
    outsider([null, 'wrong-shape'], 'a stream from which no record is shown', (f) => {
      const records = openRecords(f)
      records.transactions = []
      records.rangeProof = [rowOf(f.certificate, keyOfStream(records.stream))[STREAM_ROW.recordRoot] as Uint8Array]
      closeStream(f, records.stream, 3)
      notesOf(f.certificate, records.stream).transactions = []
      f.certificate.state.splice(f.certificate.state.indexOf(entryOf(f.certificate, identityKey(f.story.organisation.address))), 1)
    }),
  ]
}

function streamsLeftOut(): Forgery[] {
  const withoutStream = (f: Forging, stream: string) => changeRow(f.certificate, assetKey(f.story.asset.id), (row) => void (row[2] = (row[2] as Cbor[][]).filter(([name]) => name !== stream)))
  return [
    outsider(['complete', 'missing-stream'], 'the second device left out', (f) => leaveOut(f, f.story.streams.open, 3)),
    outsider(['complete', 'missing-stream'], 'a second stream of a device left out', (f) => leaveOut(f, f.story.streams.diagnostics)),
    outsider(['complete', 'missing-stream'], 'a stream without records left out', (f) => leaveOut(f, f.story.streams.driving)),
    outsider(['certified', 'invalid-state-proof'], 'the second device left out of the asset', (f) => {
      leaveOut(f, f.story.streams.open, 3)
      withoutStream(f, f.story.streams.open)
    }),
    quorum(['complete', 'surplus'], 'a stream that the asset does not have', (f) => withoutStream(f, f.story.streams.driving)),
  ]
}

function renumbered(): Forgery[] {
  const shorten = (f: Forging, start: number, count: number): void => {
    const records = openRecords(f)
    records.transactions.splice(start, count)
    changeRow(f.certificate, keyOfStream(records.stream), (row) => void (row[STREAM_ROW.count] = records.transactions.length))
  }
  return [
    quorum(['genuine', 'wrong-sequence'], 'a record in the middle dropped, everything counted anew', (f) => shorten(f, 1, 1)),
    device(['genuine', 'previous-mismatch'], 'a record in the middle dropped, the next numbered anew by the device', async (f) => {
      shorten(f, 1, 1)
      await resignOpen(f, 1, { sequence: 1 })
    }),
    device(['genuine', 'previous-mismatch'], 'a stream that begins with its second record, numbered anew by the device', async (f) => {
      shorten(f, 0, 1)
      await resignOpen(f, 0, { sequence: 0 })
    }),
    device(['genuine', 'previous-mismatch'], 'a record that follows another one than it says', async (f) => resignOpen(f, 2, { args: following(found(openRecords(f).transactions[2]).bytes, testBytes('elsewhere')) })),
    device(['complete', 'wrong-shape'], 'a resume with half a boot', async (f) => {
      const resume = found(sealedRecords(f).transactions[3])
      resume.bytes = await resign(resume.bytes, f.story.sealing, { args: decodeTransaction(resume.bytes).args.with(1, new Uint8Array(3)) })
    }),
    device(['complete', 'wrong-shape'], 'a resume whose reason is 1,025 bytes long', async (f) => {
      const resume = found(sealedRecords(f).transactions[3])
      resume.bytes = await resign(resume.bytes, f.story.sealing, { args: decodeTransaction(resume.bytes).args.with(2, `${'ß'.repeat(512)}.`) })
    }),
    device(['genuine', 'previous-mismatch'], 'a resume that follows another record than it says', async (f) => {
      const resume = found(sealedRecords(f).transactions[3])
      resume.bytes = await resign(resume.bytes, f.story.sealing, { args: following(resume.bytes, NO_PREVIOUS) })
    }),
    device(['genuine', 'wrong-sequence'], 'a record signed for another place', async (f) => resignOpen(f, 2, { sequence: 7 })),
  ]
}

/** A record of the open stream, signed anew with another content. */
async function resignOpen(f: Forging, place: number, changed: Parameters<typeof resign>[2]): Promise<void> {
  const record = found(openRecords(f).transactions[place])
  record.bytes = await resign(record.bytes, f.story.open, changed)
}

/** A stream's keys and bodies go; bodies are in the order of the streams, and those of the last stream stand at the end. */
function closeStream({ certificate }: Forging, stream: string, bodies: number): void {
  certificate.disclosed = certificate.disclosed.filter((entry) => entry.stream !== stream)
  certificate.attachments.splice(stream === certificate.records[0]?.stream ? 0 : certificate.attachments.length - bodies, bodies)
}

function leaveOut(f: Forging, stream: string, bodies = 0): void {
  const { certificate } = f
  if (bodies > 0) closeStream(f, stream, bodies)
  certificate.state.splice(certificate.state.indexOf(entryOf(certificate, keyOfStream(stream))), 1)
  certificate.records = certificate.records.filter((records) => records.stream !== stream)
  certificate.notes = certificate.notes.filter((notes) => notes.stream !== stream)
}
