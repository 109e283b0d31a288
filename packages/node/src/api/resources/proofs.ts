import { Type } from 'typebox'
import type { Static } from 'typebox'
import { bytesToHex, decode, asArray, asText, asUint, equalBytes, fail, hexToBytes, leafHash, wrongShape } from '@telltale/core'
import type { StateNeighbour } from '@telltale/core'
import { KIND_NOTES, encodeStateKey } from '@telltale/ledger'
import type { StateKey } from '@telltale/ledger'
import type { ApiContext } from '../context.ts'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Count, HEX, Hash, Hex, answers, nullable, shape } from '../schema.ts'

const Size = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'transactions in the log' })
const STATE_KEY_BYTES_MAX = 256
const Neighbour = shape({ keyHash: Hash, valueHash: Hash })

/** Proofs against the certified head: of the log (RFC 9162) and of the state. */
export const proofs: Resource = (server, context) => {
  const { reader, primitives } = context

  server.get(
    '/v1/log/inclusion',
    {
      config: forReaders,
      schema: {
        operationId: 'getInclusion',
        tags: ['proofs'],
        summary: 'Proof that a transaction stands in the log',
        querystring: shape({ index: Count, size: Type.Optional(Size) }),
        response: answers({ 200: shape({ index: Count, size: Count, leafHash: Hash, path: Type.Array(Hash), root: Hash }) }, [404]),
      },
    },
    async ({ query }) => {
      const certified = certifiedSize(context)
      const { index, size = certified } = query
      requireWithin('size', size, 1, certified)
      requireWithin('index', index, 0, size - 1)
      const { bytes } = await reader.transaction(index)
      return { index, size, leafHash: bytesToHex(leafHash(bytes, primitives.sha256)), path: (await reader.inclusion(index, size)).map(bytesToHex), root: bytesToHex(await reader.logRoot(size)) }
    },
  )

  server.get(
    '/v1/log/consistency',
    {
      config: forReaders,
      schema: {
        operationId: 'getConsistency',
        tags: ['proofs'],
        summary: 'Proof that the log of one size begins with that of a smaller one',
        querystring: shape({ from: Size, to: Type.Optional(Size) }),
        response: answers({ 200: shape({ from: Count, to: Count, path: Type.Array(Hash), fromRoot: Hash, toRoot: Hash }) }, [404]),
      },
    },
    async ({ query }) => {
      const certified = certifiedSize(context)
      const { from, to = certified } = query
      requireWithin('to', to, 1, certified)
      requireWithin('from', from, 1, to)
      return { from, to, path: (await reader.consistency(from, to)).map(bytesToHex), fromRoot: bytesToHex(await reader.logRoot(from)), toRoot: bytesToHex(await reader.logRoot(to)) }
    },
  )

  server.get(
    '/v1/state/:key',
    {
      config: forReaders,
      schema: {
        operationId: 'getState',
        tags: ['proofs'],
        summary: 'An entry of the state with its proof; value null where nothing stands, which is proved too',
        description: 'Where nothing stands, the path of the key ends at its neighbour, the entry of another key, or in an empty slot where that is null.',
        params: shape({ key: Type.String({ pattern: HEX, minLength: 4, maxLength: 2 * STATE_KEY_BYTES_MAX, description: 'cbor [kind, ids...] in hexadecimal' }) }),
        response: answers({ 200: shape({ key: Hex, value: nullable(Hex), siblings: Type.Array(Hash), neighbour: nullable(Neighbour), stateRoot: Hash, height: Count }) }, [404]),
      },
    },
    async ({ params: { key } }) => stateAnswer(context, key),
  )
}

/** An entry of the state with its proof, by its key in hexadecimal (`nothing-certified` and the codes of `readStateKey`). */
export async function stateAnswer({ chain, ledger, reader }: ApiContext, hex: string) {
  const key = readStateKey(hexToBytes(hex))
  return chain.atCertified((head) => {
    if (!head) throw nothingCertified()
    const { value, siblings, neighbour } = reader.state(key)
    return { key: hex, value: value && bytesToHex(value), siblings: siblings.map(bytesToHex), neighbour: neighbour && neighbourDocument(neighbour), stateRoot: bytesToHex(head.checkpoint.stateRoot), height: ledger.position.height }
  })
}

function neighbourDocument({ keyHash, valueHash }: StateNeighbour): Static<typeof Neighbour> {
  return { keyHash: bytesToHex(keyHash), valueHash: bytesToHex(valueHash) }
}

function certifiedSize({ chain }: ApiContext): number {
  if (!chain.head) throw nothingCertified()
  return chain.head.checkpoint.size
}

function nothingCertified(): Error {
  return fail('nothing-certified', 'Nothing is certified yet.', { expected: 'a certified block', found: 'none' })
}

function requireWithin(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  throw fail('size-out-of-range', `${name} is ${value}, and has to be from ${least} to ${most}.`, { expected: `${least} to ${most}`, found: String(value) })
}

/** Reads the key of an entry (`malformed-cbor`, `not-canonical`, `wrong-shape`). */
function readStateKey(bytes: Uint8Array): StateKey {
  const [kind, ...ids] = asArray(decode(bytes), 'state key')
  const key: StateKey = { kind: asUint(kind, 'kind of entry', KIND_NOTES) as StateKey['kind'], ids: ids.map((id) => asText(id, 'id of an entry', 128)) }
  if (!equalBytes(encodeStateKey(key), bytes)) throw wrongShape('state key', '[kind, ids...]', ids)
  return key
}
