import { createdId, decode, encode, portable, publicKeyToCose, signTransaction } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { commitmentInput, counterKey, createLedgerReader, proposalHash, streamKey, streamRowFromCbor } from '@telltale/ledger'
import { CALLS, admitMessage, consentOf, keySignature, recordContent, role, testIdentity } from '@telltale/testing'
import type { TestIdentity, TestNetwork } from '@telltale/testing'
import type { SimulatedNetwork } from './rig.ts'

/** A car in a simulated network of several nodes. */
export interface Recording {
  device: TestIdentity
  /** One open record with this body, certified; the hash of its body, which need not come along where it is stored. */
  record(body: Uint8Array, options?: { isCarried: boolean }): Promise<Uint8Array>
  /** Three authorities choose how long attachments are kept. */
  chooseRetention(retentionMs: number): Promise<void>
}

/** Lets a device write into it: everything goes through the first node, and is waited for. */
export async function startRecording({ clock, nodes, network }: SimulatedNetwork): Promise<Recording> {
  const { ledger } = nodes[0]!
  const reader = createLedgerReader(ledger, portable)
  const [owner, device] = [testIdentity(20), testIdentity(21)]
  const authority = nodes[0]!.identity
  const counter = (iss: string, sub: string): number => {
    const { value } = reader.state(counterKey(iss, sub))
    return value === null ? 0 : (decode(value) as number)
  }
  const stream: TestNetwork['stream'] = (address, name) => {
    const { value } = reader.state(streamKey(address, name))
    return value && streamRowFromCbor(decode(value))
  }
  // Of a whole test network, what the calls below ask for.
  const view = { ledger, reader, primitives: portable, authorities: [authority], counter, stream } as unknown as TestNetwork
  const send = async (key: TestIdentity, call: number, sub: string, args: Cbor[], attachments: Uint8Array[] = []): Promise<Uint8Array> => {
    const sequence = call === CALLS.record ? (stream(key.address, sub)?.count ?? 0) : counter(key.address, sub)
    const bytes = await signTransaction({ network: network.subarray(0, 16), iss: key.address, sub, call, sequence, args }, key.signer)
    const certified = nodes[0]!.chain.submit({ bytes, attachments })
    await clock.pass(4000)
    return (await certified).id
  }
  const admission = await admitMessage(view, owner, { roles: [role('owner')] })
  await send(admission.key, admission.call, admission.sub, admission.args)
  const before: Cbor[] = [portable.sha256(encode(commitmentInput(new Uint8Array(32), new Map([['vin', 'WVWZZZ1JZXW000001']])))), owner.address]
  const asset = createdId('ta', await send(authority, CALLS.createAsset, authority.address, [...before, await consentOf(view, owner, CALLS.createAsset, authority.address, authority.address, before)]))
  await send(owner, CALLS.enrolDevice, owner.address, [asset, publicKeyToCose(device.signer.publicKey), await keySignature(view, device, 'device', asset), ['odometer'], null])
  return {
    device,
    async record(body, { isCarried } = { isCarried: true }) {
      const sha256 = portable.sha256(body)
      const { args } = recordContent(view, device, 'odometer')
      await send(device, CALLS.record, 'odometer', args.with(3, [sha256, body.length]), isCarried ? [body] : [])
      return sha256
    },
    async chooseRetention(retentionMs) {
      const parameters = (decode((await ledger.store.readBlock(0)).bytes) as Cbor[])[6] as Map<string, Cbor>
      const value = new Map<string, Cbor>([...parameters, ['retention-ms', retentionMs]])
      const proposal = createdId('tp', await send(authority, CALLS.propose, authority.address, ['parameters', value]))
      for (const { identity } of nodes.slice(1, 3)) await send(identity, CALLS.approve, proposal, [proposalHash(network, 'parameters', value, portable)])
    },
  }
}
