import { TelltaleError, answersFromJson, asUint, bytesToHex, checkPublicKey, decode, encode, encodeSubmissions, fail, hexToBytes } from '@telltale/core'
import type { Algorithm, PublicKey } from '@telltale/core'
import type { Questions, RegisteredDevice, Registry, Submitter } from '../components.ts'
import { askNode, readJson } from './request.ts'
import type { NodeAddress, NodeAnswer } from './request.ts'

/** The way to a node over HTTP. */
export interface NodeLink {
  submitter: Submitter
  registry: Registry
  /** Passed on as they are; what the node refuses is answered with its code. */
  questions: Questions
  /** The pinned checkpoint that the node offers (cbor, `pin` of docs/formats.md): to be shown to a person before it is trusted. */
  pin(): Promise<Uint8Array>
  /** The network that the node says it belongs to, in hexadecimal. */
  network(): Promise<string>
}

/** First element of the key of a counter's entry in the state (docs/formats.md, State). */
const KIND_COUNTER = 4

export function createNodeLink(address: NodeAddress): NodeLink {
  const read = (path: string): Promise<NodeAnswer> => askNode(address, { path })
  const passOn = async (path: string): Promise<unknown> => readJson(await read(path))
  return {
    questions: {
      state: (key) => passOn(`/v1/state/${key}`),
      stream: (device, name) => passOn(`/v1/streams/${device}/${name}`),
      records: (device, name, { from, limit }) => passOn(`/v1/streams/${device}/${name}/records?from=${from}&limit=${limit}`),
      links: async (setHash) => (await askNode(address, { path: `/v1/checkpoint/links?set=${setHash}`, accept: 'application/cbor' })).body,
    },
    pin: async () => (await askNode(address, { path: '/v1/checkpoint', accept: 'application/cbor' })).body,
    async network() {
      const { network } = readJson(await read('/v1/network')) as { network?: unknown }
      if (typeof network !== 'string') throw malformed('a network')
      return network
    },
    submitter: {
      async submit(batch, signal) {
        const answer = await askNode(address, { path: '/v1/transactions?wait=certified', method: 'POST', body: encodeSubmissions(batch), signal })
        return answersFromJson(readJson(answer), batch.length)
      },
      async counter(iss, sub) {
        const { value } = readJson(await read(`/v1/state/${bytesToHex(encode([KIND_COUNTER, iss, sub]))}`)) as { value?: unknown }
        if (value === null) return 0
        if (typeof value === 'string') return asUint(decode(hexToBytes(value)), 'counter')
        throw malformed('a counter')
      },
      async certified(id) {
        try {
          const { status, index, height } = readJson(await read(`/v1/transactions/${id}`)) as Record<string, unknown>
          if (status !== 'certified' || !isCount(index) || !isCount(height)) return null
          return { index, height, receipt: (await askNode(address, { path: `/v1/transactions/${id}/receipt`, accept: 'application/cbor' })).body }
        } catch (error) {
          if (error instanceof TelltaleError && error.code === 'no-such-transaction') return null
          throw error
        }
      },
    },
    registry: {
      async find(device) {
        try {
          return deviceOf(readJson(await read(`/v1/identities/${encodeURIComponent(device)}`)))
        } catch (error) {
          if (error instanceof TelltaleError && (error.code === 'unknown-identity' || error.code === 'upstream-refused')) return null
          throw error
        }
      },
    },
  }
}

/** An identity as a node shows it; null where it never was a device (`unexpected-answer`). */
function deviceOf(value: unknown): RegisteredDevice | null {
  const { roles, keys } = value as { roles?: { role: unknown }[]; keys?: { number: unknown; algorithm: unknown; key: unknown }[] }
  if (!Array.isArray(roles) || !Array.isArray(keys)) throw malformed('an identity')
  if (!roles.some(({ role }) => role === 'device')) return null
  return { keys: new Map(keys.map(({ number, algorithm, key }): [number, PublicKey] => [isCount(number) ? number : -1, keyOf(algorithm, key)])) }
}

function keyOf(algorithm: unknown, key: unknown): PublicKey {
  if (typeof algorithm !== 'string' || typeof key !== 'string') throw malformed('a key')
  const read = { algorithm: algorithm as Algorithm, material: hexToBytes(key) }
  checkPublicKey(read)
  return read
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function malformed(expected: string): Error {
  return fail('unexpected-answer', 'Whoever answered is no node that can be understood. Check the address, and that both are of one version.', { expected, found: 'something else' })
}
