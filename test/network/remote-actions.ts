import assert from 'node:assert/strict'
import { bytesToHex, decode, decodeTransaction, encode, encodeSubmissions, hexToBytes, portable, signTransaction, transactionId } from '@telltale/core'
import type { ActionNetwork, TestIdentity } from '@telltale/testing'

const KIND_COUNTER = 4

/** To say something in a network through the HTTP interface of one of its nodes, each time until it is certified; records are left to devices. */
export function createRemoteActions(url: string, network: Uint8Array, authorities: TestIdentity[]): ActionNetwork {
  const position = { height: 0 }
  const counterAt = async (iss: string, sub: string): Promise<number> => {
    const response = await fetch(`${url}/v1/state/${bytesToHex(encode([KIND_COUNTER, iss, sub]))}`)
    // Before the first block is certified nothing is proved.
    const { value = null } = (await response.json()) as { value?: string | null }
    return value === null ? 0 : (decode(hexToBytes(value)) as number)
  }
  const counters = new Map<string, number>()
  const actions: ActionNetwork = {
    ledger: { network, position },
    primitives: portable,
    authorities,
    async sign({ key, call, sub, args, sequence }) {
      const next = sequence ?? (await counterAt(key.address, sub))
      return signTransaction({ network: network.subarray(0, 16), iss: key.address, sub, call, sequence: next, args }, key.signer)
    },
    async send(key, call, sub, args, attachments = []) {
      const bytes = await actions.sign({ key, call, sub, args })
      const { transactions, height } = await actions.block([bytes], { attachments })
      counters.set(`${key.address} ${sub}`, await counterAt(key.address, sub))
      return { id: transactions[0]!.id, bytes, height }
    },
    async block(transactions, { attachments = [] } = {}) {
      const body = encodeSubmissions(transactions.map((bytes) => ({ bytes, attachments })))
      const response = await fetch(`${url}/v1/transactions?wait=certified`, { method: 'POST', headers: { 'content-type': 'application/cbor' }, body: Buffer.from(body) })
      const { results } = (await response.json()) as { results: { status: string; height?: number }[] }
      assert.ok(results.every(({ status }) => status === 'certified'), JSON.stringify(results))
      position.height = results.at(-1)!.height as number
      return { height: position.height, transactions: transactions.map((bytes) => ({ id: transactionId(decodeTransaction(bytes), portable) })) }
    },
    stream: () => null,
    counter: (iss, sub) => counters.get(`${iss} ${sub}`) ?? 0,
  }
  return actions
}
