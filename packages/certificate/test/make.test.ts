import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { decodeCertificate, encodeCertificate } from '../src/certificate.ts'
import { makeCertificate } from '../src/make.ts'
import { carriedRanges } from '../src/ranges.ts'
import type { CertificateMaterials, CertificateRequest } from '../src/make.ts'
import type { Verification } from '../src/verify/report.ts'
import { verifyCertificate } from '../src/verify/verifier.ts'
import { createWorld } from './forgeries/world.ts'
import type { World } from './forgeries/world.ts'

describe('a certificate that is made', () => {
  let world: World
  let materials: CertificateMaterials
  before(async () => {
    world = await createWorld()
    materials = await world.story.network.materials()
  })

  const request = (changed: Partial<CertificateRequest> = {}): CertificateRequest => ({ asset: world.story.asset.id, streams: [{ stream: world.story.streams.sealed, from: 0, to: 6 }], disclose: 'all', identity: null, ...changed })
  const make = (changed?: Partial<CertificateRequest>, other: Partial<CertificateMaterials> = {}): Promise<Uint8Array> => makeCertificate(request(changed), { ...materials, ...other })
  const verify = async (bytes: Uint8Array): Promise<Verification> => verifyCertificate(bytes, { trust: { network: materials.network } }, world.primitives)

  it('is the same every time, and the same when read and written again', async () => {
    const bytes = await make()
    assert.deepEqual(await make(), bytes)
    assert.deepEqual(encodeCertificate(decodeCertificate(bytes)), bytes)
    for (const { bytes: honest } of Object.values(world.honest)) assert.deepEqual(encodeCertificate(decodeCertificate(honest)), honest)
  })

  it('holds for every period of every stream, with everything, nothing or some of it opened', async () => {
    const { streams } = world.story
    for (const [stream, count] of [[streams.sealed, 7], [streams.open, 3]] as const) {
      for (let from = 0; from < count; from++) {
        for (let to = from; to < count; to++) {
          for (const disclose of ['all', 'none', { from: from + 1, to }, { from: 2, to: 4 }] as const) {
            const { refusal, streams: shown, opened } = await verify(await make({ streams: [{ stream, from, to }], disclose }))
            assert.equal(refusal, null, `${from} to ${to}`)
            assert.deepEqual([shown[0]?.from, shown[0]?.to, shown[0]?.count], [from, to, count])
            if (disclose === 'none') assert.equal(opened.length, 0)
          }
        }
      }
    }
  })

  it('without an end carries everything up to the newest that is certified at that moment, and says so', async () => {
    const stream = world.story.streams.sealed
    const whole = await make({ streams: [{ stream, from: 2, to: null }] })
    assert.deepEqual(whole, await make({ streams: [{ stream, from: 2, to: 6 }] }))
    assert.deepEqual(carriedRanges(whole), [{ stream, from: 2, to: 6, count: 7 }])
    await assert.rejects(make({ streams: [{ stream, from: 7, to: null }] }), { code: 'no-such-record' })
  })

  it('opens runs of one epoch that no resume interrupts', async () => {
    const { disclosed } = decodeCertificate(await make())
    assert.deepEqual(disclosed.map(({ epoch, from, to }) => [epoch, from, to]), [[0, 0, 2], [0, 4, 4], [1, 5, 6]])
    const open = decodeCertificate(await make({ streams: [{ stream: world.story.streams.open, from: 0, to: 2 }] }))
    assert.deepEqual(open.disclosed.map(({ epoch, from, to, nodes }) => [epoch, from, to, nodes.length]), [[null, 0, 2, 0]])
  })

  it('carries the notes of its period, and all leaves', async () => {
    const { streams } = world.story
    const notesOf = async (from: number, to: number): Promise<number[]> => decodeCertificate(await make({ streams: [{ stream: streams.sealed, from, to }], disclose: 'none' })).notes.filter((entry) => entry.stream === streams.sealed).flatMap(({ leaves, transactions }) => [leaves.length, transactions.length])
    assert.deepEqual(await notesOf(0, 0), [3, 1])
    assert.deepEqual(await notesOf(1, 1), [3, 2])
    assert.deepEqual(await notesOf(2, 5), [3, 3])
  })

  it('is refused with a code where something is not there', async () => {
    const stream = world.story.streams.sealed
    await assert.doesNotReject(make())
    await assert.rejects(make({ asset: 'ta1nothing' }), { code: 'unknown-asset' })
    await assert.rejects(make({ streams: [{ stream: `${world.story.sealing.address}/speeding`, from: 0, to: 0 }] }), { code: 'unknown-stream' })
    await assert.rejects(make({ streams: [{ stream, from: 0, to: 7 }] }), { code: 'no-such-record' })
    await assert.rejects(make({ streams: [{ stream, from: 3, to: 2 }] }), { code: 'no-such-record' })
    await assert.rejects(make({}, { keys: async () => null }), { code: 'no-keys' })
    await assert.rejects(make({}, { attachment: async () => null }), { code: 'body-dropped' })
    await assert.doesNotReject(make({ disclose: 'none' }, { keys: async () => null, attachment: async () => null }))
  })
})
