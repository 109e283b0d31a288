import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesToHex, decodeTransaction, portable, transactionId } from '@telltale/core'
import { SimulatedDisk } from '@telltale/testing'
import { openRefusedFolder } from '../src/sending/refused-folder.ts'
import { DEVICE, recordBy, refusalFor } from './people.ts'

test('what was refused for good is kept whole, however little the disk takes at a time; a disk that takes nothing is told', async () => {
  const submission = await recordBy(DEVICE, 3)
  const id = bytesToHex(transactionId(decodeTransaction(submission.bytes), portable))
  const refused = { status: 'refused', code: 'sequence-taken', message: 'taken', refusal: await refusalFor(submission.bytes, 'sequence-taken') } as const
  const record = { id, iss: DEVICE.address, sub: 'odometer', sequence: 3, bytes: submission.bytes.length, takenMs: 1 }
  const keep = async (writeBytesMax: number): Promise<string> => {
    const disk = new SimulatedDisk()
    const folder = await openRefusedFolder(disk, '/gateway/refused')
    disk.writeBytesMax = writeBytesMax
    await folder.keep(record, submission, refused)
    const [name] = await disk.list('/gateway/refused')
    const file = await disk.open(`/gateway/refused/${name ?? ''}`, 'read')
    const bytes = new Uint8Array(await file.length())
    await file.read(bytes, 0)
    return bytesToHex(bytes)
  }
  const whole = await keep(Number.POSITIVE_INFINITY)
  assert.ok(whole.includes(bytesToHex(submission.bytes)))
  assert.equal(await keep(7), whole)
  await assert.rejects(keep(0), { code: 'outbox-failed' })
})
