import { consentFields, portable, signStatement, x25519PublicKey } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import type { Store } from '@telltale/ledger'
import { CALLS, admit, createAsset, createPlainStore, createTestNetwork, enrolDevice, recordContent, role, testBytes, testIdentity } from '@telltale/testing'
import type { TestAsset, TestIdentity, TestNetwork } from '@telltale/testing'

export const DAY_MS = 86_400_000

/** So many bytes that nobody else has. */
export function bytesOf(label: string, length: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(length, testBytes(label)))
}

export interface AgingCar {
  network: TestNetwork
  asset: TestAsset
  device: TestIdentity
  /** Block time of a day of the network's life. */
  dayMs(day: number): number
  /** A record in a block of that day, with a body of its own or this one; the hash of its body. */
  record(day: number, body?: Uint8Array): Promise<Uint8Array>
  /** A grant in a block a second later, to be kept for so many days; the hash of its attachment. */
  grant(days: number): Promise<Uint8Array>
  /** The owner has the device forget open records; the next block is a second later. */
  forget(from: number, to: number): Promise<void>
}

/** A network that keeps attachments for so long, with one authority and a car. */
export async function createCar(retentionMs: number | null, store: Store = createPlainStore()): Promise<AgingCar> {
  const network = await createTestNetwork({ authorities: 1, parameters: { retentionMs }, store })
  const [owner, device] = [testIdentity(10), testIdentity(11)]
  const startMs = network.ledger.position.timeMs
  await admit(network, owner, { roles: [role('owner')] })
  const asset = await createAsset(network, { owner })
  await enrolDevice(network, { asset, device, streams: ['odometer'] })
  const dayMs = (day: number): number => startMs + day * DAY_MS
  let number = 0
  return {
    network,
    asset,
    device,
    dayMs,
    async record(day, body = bytesOf(`body ${number++}`, 2_000)) {
      const content = recordContent(network, device, 'odometer')
      const sha256 = portable.sha256(body)
      const args = content.args.with(3, [sha256, body.length])
      const bytes = await network.sign({ key: device, call: CALLS.record, sub: 'odometer', args })
      await network.block([bytes], { timeMs: dayMs(day), attachments: network.ledger.store.hasAttachment(sha256) ? [] : [body] })
      return sha256
    },
    async grant(days) {
      const reader = testIdentity(12)
      if (network.counter(reader.address, reader.address) === 0) {
        await admit(network, reader, { roles: [role('custodian')] })
        await network.send(reader, CALLS.sealKey, reader.address, [0, x25519PublicKey(testBytes('reader'))])
      }
      const sealed = bytesOf(`grant for ${days} days`, 300)
      const sha256 = portable.sha256(sealed)
      await network.send(device, CALLS.grant, device.address, [reader.address, 0, 'odometer', 0, [0, null], [sha256, sealed.length], days], [sealed])
      return sha256
    },
    async forget(from, to) {
      const before = ['odometer', 0, [from, to]]
      await network.send(device, CALLS.forget, device.address, [...before, await forgetConsent(network, owner, device, before)])
    },
  }
}

/** Given ahead of time: it names no sequence. */
async function forgetConsent(network: TestNetwork, owner: TestIdentity, device: TestIdentity, before: Cbor[]): Promise<Cbor> {
  const fields = consentFields({ call: CALLS.forget, iss: device.address, sub: device.address, sequence: null }, before)
  const { keyNumber, signature } = await signStatement('consent', network.ledger.network, fields, owner.signer)
  return [keyNumber, signature]
}
