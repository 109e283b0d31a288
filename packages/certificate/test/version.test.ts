import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { TelltaleError, asArray, decode, encode, portable } from '@telltale/core'
import { CALLS, admit, createAsset, createTestNetwork, enrolDevice, recordContent, role, testIdentity } from '@telltale/testing'
import { decodeCertificate, encodeCertificate } from '../src/certificate.ts'
import { makeCertificate } from '../src/make.ts'
import { verifyCertificate } from '../src/verify/verifier.ts'

/** A certificate of a car with one record in a network with these parameters. */
async function certificateOf(parameters: { workBits?: number; sealers?: 'anyone'; retentionMs?: number }): Promise<{ bytes: Uint8Array; network: Uint8Array }> {
  const network = await createTestNetwork({ authorities: 1, parameters })
  const [owner, device] = [testIdentity(10), testIdentity(11)]
  await admit(network, owner, { roles: [role('owner')] })
  const asset = await createAsset(network, { owner })
  await enrolDevice(network, { asset, device, streams: ['odometer'] })
  const { args, body } = recordContent(network, device, 'odometer', { epoch: 0 })
  await network.send(device, CALLS.record, 'odometer', args, [body])
  const materials = await network.materials()
  const bytes = await makeCertificate({ asset: asset.id, streams: [{ stream: `${device.address}/odometer`, from: 0, to: 0 }], disclose: 'none', identity: null }, materials)
  return { bytes, network: materials.network }
}

function withVersion(bytes: Uint8Array, version: number): Uint8Array {
  return encode(asArray(decode(bytes), 'certificate').with(1, version))
}

suite('the version of a certificate', () => {
  for (const [parameters, version, other] of [[{}, 1, 2], [{ workBits: 8 }, 2, 1], [{ workBits: 8, sealers: 'anyone' }, 2, 1], [{ retentionMs: 60_000 }, 2, 1]] as const) {
    test(`is ${version} with ${JSON.stringify(parameters)}, and no other is accepted`, async () => {
      const { bytes, network } = await certificateOf(parameters)
      assert.equal(asArray(decode(bytes), 'certificate')[1], version)
      assert.deepEqual(encodeCertificate(decodeCertificate(bytes)), bytes)
      assert.equal((await verifyCertificate(bytes, { trust: { network } }, portable)).refusal, null)
      assert.throws(() => decodeCertificate(withVersion(bytes, other)), (error) => error instanceof TelltaleError && error.code === 'unknown-version')
      assert.throws(() => decodeCertificate(withVersion(bytes, 3)), (error) => error instanceof TelltaleError && error.code === 'unknown-version')
    })
  }
})
