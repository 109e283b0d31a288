import type { CertificateRequest } from '@telltale/certificate'
import { streamHeadOf, streamsOfAsset } from '@telltale/node'
import type { AssetProfile, Home } from '@telltale/node'

/** Every record, or the newest, of every stream of an asset that has any. */
export function recordsOfAsset(home: Home, asset: string, newest = Infinity): CertificateRequest['streams'] {
  return streamsOfAsset(home, asset).flatMap((stream) => {
    const count = countOf(home, stream)
    return count === 0 ? [] : [{ stream, from: Math.max(0, count - newest), to: null }]
  })
}

export function countOf(home: Home, stream: string): number {
  const [device, name] = stream.split('/') as [string, string]
  return streamHeadOf(home, device, name)?.count ?? 0
}

/** What is behind an asset's commitment; nothing where nothing was said when it was entered. */
export function identityOf({ attributes, salt }: AssetProfile): CertificateRequest['identity'] {
  return attributes.size === 0 ? null : { attributes, salt }
}
