import { TelltaleError, asUint, decode, encode, fail, hexToBytes, signTransaction } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { errorOfProblem } from '@telltale/client'
import type { Client } from '@telltale/client'
import { createNodePrimitives, createWallet } from '@telltale/node'
import type { SigningPlace } from '@telltale/node'
import { keptPassword } from '../../kept-password.ts'
import { passwordForKeys } from '../../password.ts'

/** Kind of the entries that count what a sender said about a subject. */
const KIND_COUNTER = 4

/** What is needed to sign for a network that a node serves: its id, and the keys of a directory on this machine. */
export async function remotePlace(client: Client, keys: string): Promise<SigningPlace> {
  const { network } = await client.call('getNetwork', {})
  const id = hexToBytes(network)
  return {
    ledger: { network: id },
    primitives: createNodePrimitives(),
    wallet: createWallet(keys, keptPassword.password, passwordForKeys),
    async nextSequence(iss, sub) {
      try {
        const { value } = await client.state(id, encode([KIND_COUNTER, iss, sub]))
        return value ? asUint(decode(value), 'sequence') : 0
      } catch (error) {
        // In a network that nobody has said anything in, nobody has.
        if (error instanceof TelltaleError && error.code === 'nothing-certified') return 0
        throw error
      }
    },
  }
}

export interface RemoteMessage {
  key: string
  call: number
  sub: string
  args: Cbor[]
  attachments: Uint8Array[]
}

/** Signs with the next sequence, submits, and waits until it is certified; a refusal is thrown with its code. */
export async function sendRemote(client: Client, place: SigningPlace, { key: name, call, sub, args, attachments }: RemoteMessage): Promise<{ id: string; height: number; index: number }> {
  const { address: iss, signer } = await place.wallet.open(name)
  const sequence = await place.nextSequence(iss, sub)
  const bytes = await signTransaction({ network: place.ledger.network.subarray(0, 16), iss, sub, call, sequence, args }, signer)
  const [result] = await client.submit([{ bytes, attachments }])
  if (result?.status === 'certified') return { id: String(result.id), height: Number(result.height), index: Number(result.index) }
  throw result?.error ? errorOfProblem(result.error) : fail('not-certified-yet', 'The node has not certified it yet; ask again how it stands.', { expected: 'certified', found: result?.status ?? 'nothing' })
}
