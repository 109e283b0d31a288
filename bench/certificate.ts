import { join } from 'node:path'
import { bytesToHex } from '@telltale/core'
import { decodeCertificate, makeCertificate, verifyCertificate } from '@telltale/certificate'
import { createNodePrimitives } from '@telltale/node'
import { admit, createAsset, createTestNetwork, enrolDevice, record, role, testIdentity } from '@telltale/testing'
import { findChromium, openBundle } from '../test/browser/chromium.ts'
import type { PageApi } from '../test/browser/page.ts'
import type { Figure } from './report.ts'

/** A certificate of sealed and disclosed records, each of one odometer reading. */
export async function makeLongCertificate(records: number): Promise<{ bytes: Uint8Array; network: Uint8Array; reading: string }> {
  const network = await createTestNetwork({ authorities: 1, primitives: createNodePrimitives() })
  const [owner, device] = [testIdentity(20), testIdentity(21)]
  await admit(network, owner, { roles: [role('owner')] })
  const asset = await createAsset(network, { owner })
  await enrolDevice(network, { asset, device, streams: ['odometer'] })
  for (let i = 0; i < records; i++) await record(network, device, 'odometer', { epoch: 0 })
  const request = { asset: asset.id, streams: [{ stream: `${device.address}/odometer`, from: 0, to: records - 1 }], disclose: 'all' as const, identity: null }
  return { bytes: await makeCertificate(request, await network.materials()), network: network.ledger.network, reading: `${15_590 + records - 1} km` }
}

/** A certificate of 1,000 records: its size, and how long it takes to verify in Node and in Chromium. */
export async function benchCertificate(records: number): Promise<Figure[]> {
  const { bytes, network, reading } = await makeLongCertificate(records)
  const primitives = createNodePrimitives({ verifyOn: 'pool' })
  const timesMs: number[] = []
  for (let i = 0; i < 5; i++) {
    const startedMs = performance.now()
    const { summary } = await verifyCertificate(bytes, { trust: { network }, reading }, primitives)
    if (summary !== 'holds') console.error(`expected a certificate that holds, found ${summary}`)
    timesMs.push(performance.now() - startedMs)
  }
  const { records: carried, attachments } = decodeCertificate(bytes)
  const shown = carried.flatMap((stream) => stream.transactions).reduce((sum, transaction) => sum + transaction.bytes.length, 0) + attachments.reduce((sum, body) => sum + body.length, 0)
  const figures: Figure[] = [
    { name: `certificate of ${records} records`, value: bytes.length / 1000, unit: 'kB', ratio: bytes.length / shown, budget: 'ratio 1.2 of what it shows, and 20 kB', isWithinBudget: bytes.length <= shown * 1.2 + 20_000 },
    { name: `certificate of ${records} records, verified in Node`, value: median(timesMs), unit: 'ms' },
  ]
  if (!findChromium()) return figures
  return [...figures, ...(await benchInBrowser(bytes, network, reading, records))]
}

async function benchInBrowser(bytes: Uint8Array, network: Uint8Array, reading: string, records: number): Promise<Figure[]> {
  const browser = await openBundle(join(import.meta.dirname, '../test/browser/page.ts'))
  try {
    const measure = async (isPortable: boolean): Promise<number> => {
      const timesMs: number[] = []
      for (let i = 0; i < 3; i++) {
        const { milliseconds } = await browser.page.evaluate(
          ([certificate, id, claim, portable]) => (globalThis as unknown as { telltale: PageApi }).telltale.verify(certificate, id, claim, portable),
          [bytesToHex(bytes), bytesToHex(network), reading, isPortable] as const,
        )
        timesMs.push(milliseconds)
      }
      return median(timesMs)
    }
    const web = await measure(false)
    return [
      { name: `certificate of ${records} records, Chromium, WebCrypto`, value: web, unit: 'ms', budget: '1,000 ms', isWithinBudget: web <= 1000 },
      { name: `certificate of ${records} records, Chromium, no WebCrypto`, value: await measure(true), unit: 'ms' },
    ]
  } finally {
    await browser.close()
  }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number
}
