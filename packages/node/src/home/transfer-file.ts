import { addressToBytes, bytesToHex, decode, encode, fail, hexToBytes, judge, publicKeyFromCose, publicKeyToCose } from '@telltale/core'
import type { CborMap } from '@telltale/core'
import type { TransferConsent, TransferRequest } from './ownership.ts'

/**
 * The two files with which an asset changes hands between people who do not share a directory. JSON, so that both can read what they sign:
 *
 *     {"telltale": "transfer-request", "version": 1, "network": hex, "asset", "from", "to", "organisation", "number", "previous": hex, "identity": {"attributes", "salt": hex} / null}
 *     {"telltale": "transfer-consent", "version": 1, "request": {...}, "key": hex of the COSE_Key, "keyNumber", "signature": hex, "admission": hex}
 */
const REQUEST = 'transfer-request'
const CONSENT = 'transfer-consent'

export function requestToText(request: TransferRequest): string {
  return `${JSON.stringify(requestToJson(request), null, 2)}\n`
}

/** Reads a request; `path` is for messages (`malformed-transfer-file`). */
export function requestFromText(text: string, path: string): TransferRequest {
  return read(text, path, 'a request, as `telltale asset transfer --request` writes it', requestFromJson)
}

export function consentToText({ request, key, consent, admission }: TransferConsent): string {
  const json = { telltale: CONSENT, version: 1, request: requestToJson(request), key: bytesToHex(encode(publicKeyToCose(key))), keyNumber: consent.keyNumber, signature: bytesToHex(consent.signature), admission: bytesToHex(admission) }
  return `${JSON.stringify(json, null, 2)}\n`
}

/** Reads a consent; `path` is for messages (`malformed-transfer-file`). */
export function consentFromText(text: string, path: string): TransferConsent {
  return read(text, path, 'a consent, as `telltale asset consent` writes it', (value) => {
    const json = asObject(value)
    if (json['telltale'] !== CONSENT || json['version'] !== 1) throw wrong()
    return {
      request: requestFromJson(json['request']),
      key: publicKeyFromCose(decode(asHex(json['key']))),
      consent: { keyNumber: asCount(json['keyNumber']), signature: asHex(json['signature']) },
      admission: asHex(json['admission']),
    }
  })
}

function requestToJson({ network, asset, from, to, organisation, number, previous, identity }: TransferRequest): unknown {
  const shown = identity && { attributes: Object.fromEntries(identity.attributes), salt: bytesToHex(identity.salt) }
  return { telltale: REQUEST, version: 1, network: bytesToHex(network), asset, from, to, organisation, number, previous: bytesToHex(previous), identity: shown }
}

function requestFromJson(value: unknown): TransferRequest {
  const json = asObject(value)
  if (json['telltale'] !== REQUEST || json['version'] !== 1) throw wrong()
  const identity = json['identity'] === null ? null : asObject(json['identity'])
  return {
    network: asHex(json['network'], 32),
    asset: asId(json['asset'], 'ta'),
    from: asId(json['from'], 'tt'),
    to: asId(json['to'], 'tt'),
    organisation: asId(json['organisation'], 'tt'),
    number: asCount(json['number']),
    previous: asHex(json['previous'], 32),
    identity: identity && { attributes: asAttributes(identity['attributes']), salt: asHex(identity['salt'], 32) },
  }
}

function asAttributes(value: unknown): CborMap {
  const entries = Object.entries(asObject(value))
  if (entries.some(([, item]) => typeof item !== 'string' && !Number.isSafeInteger(item))) throw wrong()
  return new Map(entries as [string, string | number][])
}

function read<T>(text: string, path: string, expected: string, from: (value: unknown) => T): T {
  const judged = judge(() => from(parse(text)))
  if (judged.ok) return judged.value
  throw fail('malformed-transfer-file', `${path} is not ${expected}.`, { expected, found: text.slice(0, 40) })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrong()
  }
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong()
  return value as Record<string, unknown>
}

function asHex(value: unknown, length?: number): Uint8Array {
  if (typeof value !== 'string') throw wrong()
  const bytes = hexToBytes(value)
  if (length !== undefined && bytes.length !== length) throw wrong()
  return bytes
}

function asId(value: unknown, prefix: 'ta' | 'tt'): string {
  if (typeof value !== 'string') throw wrong()
  addressToBytes(value, prefix)
  return value
}

function asCount(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong()
  return value as number
}

function wrong(): Error {
  return fail('malformed-transfer-file', 'The file has another form.')
}
