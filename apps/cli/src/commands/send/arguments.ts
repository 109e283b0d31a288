import { exactFromText, hexToBytes, judge, publicKeyToCose } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { approvalHash, consentBy, ownSignature } from '@telltale/node'
import type { SigningPlace } from '@telltale/node'
import { UsageError } from '../../failure.ts'
import { CERTIFICATE_FILE_BYTES_MAX, readInputBytes } from '../../input-file.ts'
import { addressOf } from '../../people.ts'

export interface Arguments {
  args: Cbor[]
  attachments: Uint8Array[]
}

interface Transaction {
  call: number
  iss: string
  sub: string
}

/** The arguments of a transaction from JSON; what JSON has no word for is an object with one member (see `telltale send --help`). Codes: `malformed-argument`. */
export async function readArguments(home: SigningPlace, given: unknown[], transaction: Transaction): Promise<Arguments> {
  const read: Arguments = { args: [], attachments: [] }
  for (const [i, value] of given.entries()) {
    const consenting = memberOf(value, 'consent')
    if (consenting === undefined) read.args.push(await readValue(value, { home, transaction, read }))
    else if (i === given.length - 1) read.args.push(await consentBy(home, await home.wallet.open(asText(consenting, 'consent')), { ...transaction, before: read.args }))
    else throw malformed('A consent is the last argument.', value)
  }
  return read
}

interface Reading {
  home: SigningPlace
  transaction: Transaction
  read: Arguments
}

async function readValue(value: unknown, reading: Reading): Promise<Cbor> {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value
    throw malformed(`The number ${value} is not a whole one. Write {"decimal": "${value}"}.`, value)
  }
  if (!Array.isArray(value)) return readObject(value as object, reading)
  const items: Cbor[] = []
  for (const item of value) items.push(await readValue(item, reading))
  return items
}

async function readObject(value: object, reading: Reading): Promise<Cbor> {
  const [[name, inner] = ['', null], ...others] = Object.entries(value) as [string, unknown][]
  const reader = others.length === 0 && Object.hasOwn(READERS, name) ? READERS[name] : undefined
  if (!reader) throw malformed(`An object has one member: ${Object.keys(READERS).join(', ')} or consent. A map is {"map": {...}}.`, value)
  return reader(inner, reading)
}

const READERS: Record<string, (inner: unknown, reading: Reading) => Cbor | Promise<Cbor>> = {
  hex(inner) {
    const bytes = judge(() => hexToBytes(asText(inner, 'hex')))
    if (!bytes.ok) throw malformed('{"hex": ...} holds hexadecimal digits, two a byte.', inner)
    return bytes.value
  },
  decimal(inner) {
    const number = judge(() => exactFromText(asText(inner, 'decimal')))
    if (!number.ok) throw malformed(`{"decimal": ...}: ${number.verdict.message}`, inner)
    return number.value
  },
  async map(inner, reading) {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) throw malformed('{"map": ...} holds an object.', inner)
    const map = new Map<string, Cbor>()
    for (const [name, item] of Object.entries(inner)) map.set(name, await readValue(item, reading))
    return map
  },
  key: async (inner, { home }) => publicKeyToCose((await home.wallet.open(asText(inner, 'key'))).publicKey),
  address: (inner, { home }) => addressOf(home, asText(inner, 'address')),
  async signature(inner, { home, transaction, read }) {
    const key = await home.wallet.open(asText(inner, 'signature'))
    const [first] = read.args
    return ownSignature(home, key, transaction.call, { sub: transaction.sub, keyNumber: typeof first === 'number' ? first : 0 })
  },
  async attachment(inner, { home, read }) {
    const bytes = await readInputBytes(asText(inner, 'attachment'), CERTIFICATE_FILE_BYTES_MAX)
    read.attachments.push(bytes)
    return [home.primitives.sha256(bytes), bytes.length]
  },
  async proposal(inner, reading) {
    const [kind, value] = Array.isArray(inner) ? (inner as unknown[]) : []
    if (typeof kind !== 'string' || value === undefined) throw malformed('{"proposal": ...} holds [KIND, VALUE], as they were proposed.', inner)
    return approvalHash(reading.home, kind, await readValue(value, reading))
  },
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length !== 1) return undefined
  return (value as Record<string, unknown>)[name]
}

function asText(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  throw malformed(`{"${name}": ...} holds a text.`, value)
}

function malformed(message: string, value: unknown): UsageError {
  return new UsageError('malformed-argument', message, { found: JSON.stringify(value).slice(0, 60) })
}
