import { decode, exactFromText, hexToBytes, judge, publicKeyToCose } from '@telltale/core'
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
  const attachments: Uint8Array[] = []
  const args: (Cbor | undefined)[] = []
  // Signatures cover what stands beside them, before or behind, and a consent covers all before it: so the rest is read first.
  for (const value of given) args.push(isSigned(value) ? undefined : await readValue(value, { home, attachments }))
  for (const [i, value] of given.entries()) {
    const named = memberOf(value, 'signature')
    if (named !== undefined) args[i] = await ownSignature(home, await home.wallet.open(asText(named, 'signature')), { ...transaction, args })
  }
  for (const [i, value] of given.entries()) {
    const named = memberOf(value, 'consent')
    if (named === undefined) continue
    if (i < given.length - 1) throw malformed('A consent is the last argument.', value)
    args[i] = await consentBy(home, await home.wallet.open(asText(named, 'consent')), { ...transaction, before: args.slice(0, -1) as Cbor[] })
  }
  return { args: args as Cbor[], attachments }
}

function isSigned(value: unknown): boolean {
  return memberOf(value, 'signature') !== undefined || memberOf(value, 'consent') !== undefined
}

interface Reading {
  home: SigningPlace
  attachments: Uint8Array[]
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
  if (!reader) throw malformed(`An object has one member: ${Object.keys(READERS).join(', ')}, or as an argument of its own signature or consent. A map is {"map": {...}}.`, value)
  return reader(inner, reading)
}

const READERS: Record<string, (inner: unknown, reading: Reading) => Cbor | Promise<Cbor>> = {
  hex(inner) {
    const bytes = judge(() => hexToBytes(asText(inner, 'hex')))
    if (!bytes.ok) throw malformed('{"hex": ...} holds hexadecimal digits, two a byte.', inner)
    return bytes.value
  },
  cbor(inner) {
    const item = judge(() => decode(hexToBytes(asText(inner, 'cbor'))))
    if (!item.ok) throw malformed(`{"cbor": ...} holds one item in hexadecimal: ${item.verdict.message}`, inner)
    return item.value
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
  async attachment(inner, { home, attachments }) {
    const bytes = await readInputBytes(asText(inner, 'attachment'), CERTIFICATE_FILE_BYTES_MAX)
    attachments.push(bytes)
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
