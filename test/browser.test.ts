import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { bytesToHex, portable } from '@telltale/core'
import { decodeCertificate, encodeCertificate, verifyCertificate } from '@telltale/certificate'
import { makeLongCertificate } from '../bench/certificate.ts'
import { findChromium, openBundle } from './browser/chromium.ts'
import type { PageApi } from './browser/page.ts'

describe('core and certificate in a browser', { skip: findChromium() ? false : 'Chromium is not installed' }, () => {
  it('say what they say in Node, with WebCrypto and without, and ask nobody else', async () => {
    const { bytes, network, reading } = await makeLongCertificate(5)
    const forged = decodeCertificate(bytes)
    forged.records[0]!.transactions[2]!.bytes = forged.records[0]!.transactions[1]!.bytes
    const files = [
      { bytes, reading },
      { bytes, reading: '1 km' },
      { bytes: encodeCertificate(forged), reading },
    ]
    const browser = await openBundle(join(import.meta.dirname, 'browser/page.ts'))
    try {
      for (const [i, file] of files.entries()) {
        const { summary, lamps, sentence } = await verifyCertificate(file.bytes, { trust: { network }, reading: file.reading }, portable)
        assert.equal(summary, i === 0 ? 'holds' : 'refuted')
        for (const isPortable of [false, true]) {
          const { verification } = await browser.page.evaluate(
            ([certificate, id, claim, withoutWebCrypto]) => (globalThis as unknown as { telltale: PageApi }).telltale.verify(certificate, id, claim, withoutWebCrypto),
            [bytesToHex(file.bytes), bytesToHex(network), file.reading, isPortable] as const,
          )
          assert.deepEqual(verification, { summary, lamps, sentence })
        }
      }
      assert.deepEqual(browser.complaints, [])
    } finally {
      await browser.close()
    }
  })
})
