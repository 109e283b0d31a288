import { decode, deriveCover, epochRoot, fail } from '@telltale/core'
import type { Link } from '@telltale/core'
import { makeCertificate } from '@telltale/certificate'
import type { CertificateMaterials, CertificateRequest } from '@telltale/certificate'
import type { CertifiedHead } from '@telltale/consensus'
import { assetKey, assetRowFromCbor, splitStreamName } from '@telltale/ledger'
import type { Home } from './home.ts'
import { createSecretsFile } from './secrets.ts'

/** Makes a certificate of what this directory holds, with the keys that lie in it. */
export async function certificateFromHome(home: Home, request: CertificateRequest): Promise<Uint8Array> {
  return makeCertificate(request, await materialsOf(home))
}

async function materialsOf(home: Home): Promise<CertificateMaterials> {
  const { ledger, reader, chain, primitives } = home
  const genesis = (await ledger.store.readBlock(0)).bytes
  return {
    network: ledger.network,
    anchor: { kind: 'genesis', genesis },
    links: [],
    reader,
    atHead: (read) => chain.atCertified((head) => read(linkOf(head))),
    attachment: (sha256) => ledger.store.readAttachment(sha256),
    keys: (stream, epoch, from, to) => recordKeys(home, stream, epoch, from, to),
    primitives,
  }
}

function linkOf(head: CertifiedHead | null): Link {
  if (!head) throw fail('nothing-certified', 'Nothing is certified yet; import or send something first.')
  const { checkpoint, cosignature } = head
  return { checkpoint, set: null, signatures: [{ position: 0, issuedAtSeconds: cosignature.issuedAtSeconds, signature: cosignature.signature }], leavers: [] }
}

/** Keys of a range of records, if the device's secrets lie in this directory. */
async function recordKeys(home: Home, stream: string, epoch: number, from: number, to: number): Promise<Uint8Array[] | null> {
  const { device, name } = splitStreamName(stream) as { device: string; name: string }
  const secrets = createSecretsFile(home.directory, device, home.password)
  if (!(await secrets.has(name, epoch))) return null
  const root = epochRoot({ network: home.ledger.network, device, stream: name, epoch }, await secrets.get(name, epoch), home.primitives)
  return deriveCover(root, from, to, home.primitives)
}

/** Every stream of an asset, `address/name`. */
export function streamsOfAsset(home: Home, asset: string): string[] {
  const stored = home.reader.state(assetKey(asset)).value
  if (!stored) throw fail('unknown-asset', `${asset} is not an asset of this network.`, { expected: 'an asset', found: asset })
  return assetRowFromCbor(decode(stored)).streams.map((interval) => interval.value)
}
