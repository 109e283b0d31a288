import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesToHex, encode, portable } from '@telltale/core'
import type { StreamRow } from '@telltale/ledger'
import type { Certificate } from '../src/certificate.ts'
import { openDisclosed } from '../src/verify/opening.ts'
import type { ReadRecord, ReadStream } from '../src/verify/records.ts'
import { requireSignatures } from '../src/verify/signatures.ts'
import { refute } from '../src/verify/refutation.ts'

/** Work that grows with the square of a file would never end with these numbers. */
const MANY = 60_000

describe('a large certificate', () => {
  const stream = 'a/odometer'
  /** Open records of these bodies, each with its own range or all in one, and what `openDisclosed` makes of them. */
  const open = (bodies: Uint8Array[], count: number, attachments: Uint8Array[], isOneRange = false) => {
    const content = { kind: 'open' as const, clear: { clock: 0 as const, firstMs: 1, durationMs: 0, count } }
    const records = bodies.map((body, sequence): ReadRecord => ({
      sequence,
      height: 1,
      timeMs: 1,
      id: new Uint8Array(32),
      transaction: {} as ReadRecord['transaction'],
      previous: new Uint8Array(32),
      record: { previous: new Uint8Array(32), boot: new Uint8Array(6), content, body: { sha256: portable.sha256(body), length: body.length }, cites: null },
    }))
    const streams = new Map<string, ReadStream>([[stream, { stream, device: 'a', row: {} as StreamRow, carried: { stream, from: 0, transactions: [], rangeProof: [] }, records }]])
    const disclosed = isOneRange ? [{ stream, epoch: null, from: 0, to: records.length - 1, nodes: [] }] : records.map(({ sequence }) => ({ stream, epoch: null, from: sequence, to: sequence, nodes: [] }))
    return openDisclosed({ network: new Uint8Array(32), disclosed, attachments } as unknown as Certificate, streams, portable)
  }

  it('is opened in one pass, with a body and a range for every record', () => {
    const bodies = Array.from({ length: MANY }, (_, i) => encode([new Map<number, string | number>([[0, 'a'], [2, i]])]))
    const opened = open(bodies, 1, bodies)
    assert.equal(opened.length, MANY)
    assert.equal(opened.at(-1)?.readings[0]?.value, MANY - 1)
  })

  it('cannot fill the memory with one body that many records share', () => {
    const item = new Map<number, string | number>([[0, 'a'], [2, 1]])
    const body = encode(Array.from({ length: 16_384 }, () => item))
    assert.equal(open([body, body, body], 16_384, [body]).length, 3)
    const many = Array.from({ length: 8_388_608 / 16_384 + 1 }, () => body)
    // In one range, of which nothing is read before all of it is counted.
    assert.throws(() => open(many, 16_384, [body], true), { code: 'too-many-readings' })
  })
})

describe('signatures', () => {
  const key = { algorithm: 'EdDSA' as const, material: new Uint8Array(32).fill(1) }
  const signature = new Uint8Array(64).fill(1)
  const required = (count: number) => Array.from({ length: count }, (_, i) => ({ check: { key, message: new Uint8Array([i >> 8, i & 255]), signature }, refusal: () => refute('invalid-signature', String(i)) }))
  const holding = (holds: (message: string) => boolean, seen: number[]) => {
    let open = 0
    return {
      ...portable,
      async verify(_: unknown, message: Uint8Array): Promise<boolean> {
        open += 1
        seen.push(open)
        await Promise.resolve()
        open -= 1
        return holds(bytesToHex(message))
      },
    }
  }

  it('are checked beside each other, in batches', async () => {
    const seen: number[] = []
    await requireSignatures(required(1000), holding(() => true, seen))
    assert.equal(seen.length, 1000)
    assert.equal(Math.max(...seen), 256)
  })

  it('are refused for the first that does not hold, wherever it stands', async () => {
    for (const place of [0, 255, 256, 999]) {
      const seen: number[] = []
      const text = place.toString(16).padStart(4, '0')
      await assert.rejects(requireSignatures(required(1000), holding((message) => message !== text, seen)), { code: 'invalid-signature', message: String(place) })
      assert.ok(seen.length <= Math.ceil((place + 1) / 256) * 256)
    }
  })

  it('of nobody hold', async () => {
    await requireSignatures([], holding(() => false, []))
  })
})
