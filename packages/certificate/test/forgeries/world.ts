import { portable } from '@telltale/core'
import type { Cbor, PinnedCheckpoint, Primitives } from '@telltale/core'
import { CALLS, admit, createAsset, createTestNetwork, enrolDevice, record, rememberSignatures, role, tellForgerStory, testIdentity } from '@telltale/testing'
import type { ForgerStory, TestIdentity, TestNetwork } from '@telltale/testing'
import { decodeCertificate } from '../../src/certificate.ts'
import type { Certificate } from '../../src/certificate.ts'
import { makeCertificate } from '../../src/make.ts'
import type { CertificateMaterials, CertificateRequest } from '../../src/make.ts'
import type { Question } from '../../src/verify/verifier.ts'

/**
 * Honest files that forgeries start from: all that is in the story; a period of it; from a pinned checkpoint, nothing opened; one authority, which lost records, and one
 * device, a period; and one in which everything is green.
 */
export type Base = 'whole' | 'partial' | 'anchored' | 'lone' | 'clean'

export interface HonestFile {
  bytes: Uint8Array
  question: Question
  network: TestNetwork
}

export interface World {
  story: ForgerStory
  lone: LoneStory
  honest: Record<Base, HonestFile>
  /** Another network of the same name, with the same people and devices, and its whole file. */
  other: { story: ForgerStory; bytes: Uint8Array }
  primitives: Primitives
  /** An honest file, read anew. */
  read(base: Base): Certificate
  /** The whole file of the other network. */
  readOther(): Certificate
  pinAt(height: number): Promise<PinnedCheckpoint>
}

export async function createWorld(): Promise<World> {
  const primitives = rememberSignatures(portable)
  const story = await tellForgerStory({ primitives })
  const other = await tellForgerStory({ primitives, timeMs: 1_751_000_000_000 })
  const otherBytes = await makeCertificate(wholeRequest(other), await other.network.materials())
  const lone = await tellLoneStory(primitives, 'lone')
  const clean = await tellLoneStory(primitives, 'clean')
  const { network, asset, streams, heights } = story
  const pinAt = async (height: number): Promise<PinnedCheckpoint> => ({ checkpoint: await network.checkpointAt(height), set: network.ledger.authorities(height) })
  const materials = await network.materials()
  const anchor = await pinAt(heights.links.at(-1) as number)
  const partial: CertificateRequest = { asset: asset.id, streams: [{ stream: streams.sealed, from: 2, to: 5 }], disclose: { from: 4, to: 5 }, identity: null }
  const anchored: CertificateRequest = { ...everything(network, [streams.sealed]), asset: asset.id, disclose: 'none', identity: null }
  const trust = { network: network.ledger.network }
  const honest: World['honest'] = {
    whole: { bytes: await makeCertificate(wholeRequest(story), materials), question: { trust, reading: '15596 km', vin: 'WVWZZZ1JZXW000001' }, network },
    partial: { bytes: await makeCertificate(partial, materials), question: { trust }, network },
    anchored: { bytes: await makeCertificate(anchored, { ...materials, anchor: { kind: 'checkpoint', ...anchor }, atHead: (read) => materials.atHead((head) => read(head, [])) }), question: { trust: { checkpoint: anchor } }, network },
    lone: { bytes: lone.bytes, question: { trust: { network: lone.network.ledger.network } }, network: lone.network },
    clean: { bytes: clean.bytes, question: { trust: { network: clean.network.ledger.network }, reading: '15592 km', vin: 'WVWZZZ1JZXW000002' }, network: clean.network },
  }
  return { story, lone, other: { story: other, bytes: otherBytes }, honest, read: (base) => decodeCertificate(honest[base].bytes), readOther: () => decodeCertificate(otherBytes), primitives, pinAt }
}

function wholeRequest({ network, asset, streams }: ForgerStory): CertificateRequest {
  return { ...everything(network, [streams.sealed, streams.open]), asset: asset.id, identity: asset }
}

/** What a request for all records of these streams, opened, has to say. */
function everything(network: TestNetwork, names: string[]): Pick<CertificateRequest, 'streams' | 'disclose'> {
  const last = (stream: string): number => (network.stream(...(stream.split('/') as [string, string]))?.count ?? 0) - 1
  return { streams: names.map((stream) => ({ stream, from: 0, to: last(stream) })), disclose: 'all' }
}

export interface LoneStory {
  network: TestNetwork
  bytes: Uint8Array
  stream: string
}

/**
 * As little as a certificate can be, with something of everything: for changing it byte by byte. Keys of a curve that is quick to check. Of the lone one a record
 * was corrected, and its authority lost part of its records; the clean one has nothing that anybody would have to look at.
 */
async function tellLoneStory(primitives: Primitives, name: 'lone' | 'clean'): Promise<LoneStory> {
  const [authority, owner, workshop, device] = [20, 21, 22, 23].map((n) => testIdentity(n, 'ES256')) as [TestIdentity, TestIdentity, TestIdentity, TestIdentity]
  const network = await createTestNetwork({ authorities: [authority], parameters: { name }, primitives })
  await admit(network, owner, { roles: [role('owner')] })
  await admit(network, workshop, { roles: [role('operator', 'service')] })
  const asset = await createAsset(network, { owner, attributes: new Map<string, Cbor>([['vin', 'WVWZZZ1JZXW000002']]) })
  await enrolDevice(network, { asset, device, streams: ['odometer'] })
  const stream = `${device.address}/odometer`
  for (let i = 0; i < 3; i++) await record(network, device, 'odometer', { epoch: 0 })
  if (name === 'lone') {
    await network.send(workshop, CALLS.correction, stream, [1, 1, 'tyres', 'new'])
    await network.send(authority, CALLS.resumed, authority.address, [null, 5])
  }
  const request: CertificateRequest = { asset: asset.id, streams: [{ stream, from: name === 'lone' ? 1 : 0, to: 2 }], disclose: 'all', identity: asset }
  return { network, stream, bytes: await makeCertificate(request, (await network.materials()) satisfies CertificateMaterials) }
}
