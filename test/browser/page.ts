import { createWebPrimitives, hexToBytes, portable } from '@telltale/core'
import type { SubtleVerifier } from '@telltale/core'
import { verifyCertificate } from '@telltale/certificate'
import type { Verification } from '@telltale/certificate'

/** What the tests call in the page: core and certificate as they are, with WebCrypto or without. */
export interface PageApi {
  verify(certificateHex: string, networkHex: string, reading: string | null, isPortable: boolean): Promise<{ verification: Pick<Verification, 'summary' | 'lamps' | 'sentence'>; milliseconds: number }>
}

const web = createWebPrimitives(crypto.subtle as unknown as SubtleVerifier)

const api: PageApi = {
  async verify(certificateHex, networkHex, reading, isPortable) {
    const bytes = hexToBytes(certificateHex)
    const startedMs = performance.now()
    const { summary, lamps, sentence } = await verifyCertificate(bytes, { trust: { network: hexToBytes(networkHex) }, ...(reading === null ? {} : { reading }) }, isPortable ? portable : web)
    return { verification: { summary, lamps, sentence }, milliseconds: performance.now() - startedMs }
  },
}

Object.assign(globalThis, { telltale: api })
