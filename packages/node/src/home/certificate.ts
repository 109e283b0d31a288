import { makeCertificate } from '@telltale/certificate'
import type { CertificateMaterials, CertificateRequest } from '@telltale/certificate'
import { assetOf } from './entries.ts'
import { atHeadFromGenesis } from './head-link.ts'
import type { Home } from './home.ts'
import { createStreamKeys } from './stream-keys.ts'
import type { StreamKeys } from './stream-keys.ts'

/** Makes a certificate of what this directory holds, with the keys that lie in it. */
export async function certificateFromHome(home: Home, request: CertificateRequest): Promise<Uint8Array> {
  return makeCertificate(request, await materialsOf(home))
}

async function materialsOf(home: Home): Promise<CertificateMaterials> {
  const { ledger, reader, primitives } = home
  const genesis = (await ledger.store.readBlock(0)).bytes
  return {
    network: ledger.network,
    anchor: { kind: 'genesis', genesis },
    reader,
    atHead: (read) => atHeadFromGenesis(home, read),
    attachment: (sha256) => ledger.store.readAttachment(sha256),
    keys: keysOf(home),
    primitives,
  }
}

/** Keys of ranges of records, of the device's own secrets or as they were granted to a reader. */
function keysOf(home: Home): CertificateMaterials['keys'] {
  const known = new Map<string, StreamKeys>()
  return (stream, epoch, from, to) => {
    const keys = known.get(stream) ?? createStreamKeys(home, stream)
    known.set(stream, keys)
    return keys.cover(epoch, from, to)
  }
}

/** Every stream of an asset, `address/name`. */
export function streamsOfAsset(home: Home, asset: string): string[] {
  return assetOf(home, asset).streams.map((interval) => interval.value)
}
