import { fail, hexToBytes } from '@telltale/core'
import { disclose, verifyCertificate } from '@telltale/certificate'
import type { CertificateRequest } from '@telltale/certificate'
import type { Client } from '@telltale/client'
import { createNodePrimitives, createStreamKeysAt } from '@telltale/node'
import type { Place } from '@telltale/node'
import type { RecordRange } from '../../range.ts'
import { grantsAt, readRemoteBody } from '../../remote-records.ts'

/** A node's certificate, in which nothing is disclosed, and its network; what does not hold is not passed on (`unexpected-answer`). */
export async function certificateOfNode(client: Client, asset: string, streams: RecordRange[]): Promise<{ bytes: Uint8Array; network: string }> {
  const { network } = await client.call('getNetwork', {})
  const bytes = await client.call('makeCertificate', { body: { asset, streams } })
  const { summary, refusal } = await verifyCertificate(bytes, { trust: { network: hexToBytes(network) } }, createNodePrimitives())
  if (summary !== 'refuted') return { bytes, network }
  throw fail('unexpected-answer', `The node made a certificate that does not hold: ${refusal?.message ?? ''}`, { expected: 'a certificate that holds', found: refusal?.code ?? 'another' })
}

/** The same with what the keys of a directory open, disclosed here: they never reach the node (`no-keys`, `body-dropped`). */
export function discloseHere(client: Client, place: Place, bytes: Uint8Array, request: Pick<CertificateRequest, 'disclose' | 'identity'>): Promise<Uint8Array> {
  return disclose(bytes, request, {
    keys: (stream, epoch, from, to) => createStreamKeysAt(place, stream, null, grantsAt(client, stream)).cover(epoch, from, to),
    attachment: (sha256) => readRemoteBody(client, sha256),
  })
}
