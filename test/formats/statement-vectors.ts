import assert from 'node:assert/strict'
import { concatBytes, consentFields, createdId, decode, decodeSign1, decodeTransaction, encode, keyFields, leafHash, portable, signRefusal, signStatement, signatureInput, statementHeader, statementPayload, transactionId, transactionSignatureInput } from '@telltale/core'
import type { Cbor, StatementType } from '@telltale/core'
import { actor, filled, signerOf } from './actors.ts'
import type { Actor } from './actors.ts'
import { GENESIS_MS } from './history.ts'
import type { LongStory } from './long-story.ts'
import type { SmallStory } from './small-story.ts'
import { hex } from './vector.ts'
import type { Json } from './vector.ts'

async function statement(type: StatementType, network: Uint8Array, fields: Cbor[], who: Actor): Promise<Json> {
  const { publicKey, keyNumber } = who.signer
  const header = statementHeader(type, publicKey.algorithm, keyNumber)
  const payload = statementPayload(network, fields)
  const { signature } = await signStatement(type, network, fields, who.signer)
  return { header: hex(header), payload: hex(payload), signed: hex(signatureInput(header, payload)), keyNumber, signature: hex(signature) }
}

/** Every signature that is no transaction, and with it the arguments that it stands among. */
export async function statementVectors({ history }: SmallStory, long: LongStory): Promise<{ [name: string]: Json }> {
  const { network } = history.ledger
  const [owner, device, renewed] = [actor(2), actor(4), { address: actor(15).address, signer: signerOf(21, 'EdDSA', 1) }]
  const fields = consentFields({ call: 8, iss: actor(1).address, sub: actor(1).address, sequence: 4 }, [filled(0xc0), owner.address])
  return {
    network: hex(network),
    keyOfIdentity: await statement('key', network, keyFields(owner.address, 'identity', 0, actor(1).address), owner),
    keyOfDevice: await statement('key', network, keyFields(device.address, 'device', 0, createdId('ta', filled(0xa5))), device),
    keyOfRotation: await statement('key', long.history.ledger.network, keyFields(renewed.address, 'rotation', 1, null), renewed),
    keyOfGenesis: await genesisStatement(history.genesis),
    consent: await statement('consent', network, fields, owner),
    seal: await statement('seal', network, [(decode((await history.stored(4)).bytes) as Cbor[])[0] as Cbor], actor(1)),
    refusal: hex(await signRefusal(network, { authority: actor(1).address, id: filled(0x1d), code: 'sequence-taken', isPermanent: true, expected: '3', found: '2', size: 8, timeMs: GENESIS_MS + 7000 }, actor(1).signer)),
  }
}

/** The statement of the authority in a genesis, whose network is not known yet. */
async function genesisStatement(genesis: Uint8Array): Promise<Json> {
  const items = decode(genesis) as Cbor[]
  const authorities = (items[7] as Cbor[][]).map(([address, key]) => [address as Cbor, key as Cbor])
  const unsigned = encode([...items.slice(0, 7), authorities])
  const network = concatBytes(filled(0), portable.sha256(unsigned))
  return { unsigned: hex(unsigned), network: hex(network), ...((await statement('key', network, keyFields(actor(1).address, 'authority', 0, null), actor(1))) as { [name: string]: Json }) }
}

/** The first record of the small story, taken apart. */
export function transactionVectors({ history, records }: SmallStory): { [name: string]: Json } {
  const { bytes } = records[0] as SmallStory['records'][number]
  const transaction = decodeTransaction(bytes)
  const { protectedBytes, payload, signature } = decodeSign1(bytes)
  const signed = signatureInput(protectedBytes, payload as Uint8Array)
  assert.deepEqual(transactionSignatureInput(transaction), signed)
  return {
    network: hex(history.ledger.network.subarray(0, 16)),
    iss: transaction.iss,
    sub: transaction.sub,
    call: transaction.call,
    sequence: transaction.sequence,
    header: hex(protectedBytes),
    args: hex(encode(transaction.args)),
    payload: hex(payload as Uint8Array),
    signed: hex(signed),
    signature: hex(signature),
    bytes: hex(bytes),
    id: hex(transactionId(transaction, portable)),
    leaf: hex(leafHash(bytes, portable.sha256)),
  }
}

/** One transaction of every call that the ledger knows; each was accepted. */
export function callVectors({ calls }: LongStory, others: { name: string; bytes: Uint8Array }[]): { [name: string]: Json } {
  const all = [...calls, ...others].map(({ name, bytes }) => ({ name, bytes, transaction: decodeTransaction(bytes) }))
  all.sort((a, b) => a.transaction.call - b.transaction.call)
  return Object.fromEntries(
    all.map(({ name, bytes, transaction: { call, iss, sub, sequence, args } }) => [name, { call, iss, sub, sequence, args: hex(encode(args)), transaction: hex(bytes) }]),
  )
}

