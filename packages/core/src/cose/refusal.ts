import { asBytes, asExactly, asNullable, asText, asUint, asVersioned, wrongShape } from '../encoding/shape.ts'
import type { Cbor } from '../encoding/cbor.ts'
import { decode } from '../encoding/reader.ts'
import { utf8Length } from '../encoding/utf8.ts'
import { equalBytes } from '../bytes/compare.ts'
import type { AuthoritySet } from '../checkpoint/authority-set.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { isValidSignature } from '../crypto/signature-validity.ts'
import type { Signer } from '../crypto/signer.ts'
import { TelltaleError } from '../errors.ts'
import { decodeSign1, encodeSign1, signatureInput } from './sign1.ts'
import { statementHeader, statementPayload } from './statement.ts'

/**
 * Why an authority will not take a transaction: a COSE_Sign1 of type `refusal` over cbor [1, network (32), authority, id, code, permanent,
 * expected / null, found / null, size, ms]. With one that is permanent in hand a device may take the transaction out of its outbox.
 */
export interface Refusal {
  /** Address of the authority that refuses. */
  authority: string
  /** Id of the transaction. */
  id: Uint8Array
  code: string
  /** Whether sending the same bytes again can never succeed. */
  isPermanent: boolean
  expected: string | null
  found: string | null
  /** Transactions in the log when it was judged. */
  size: number
  /** The authority's clock, Unix milliseconds. */
  timeMs: number
}

/** A coded error that carries an authority's signed refusal. */
export class RefusedError extends TelltaleError {
  /** COSE_Sign1 as `signRefusal` makes it. */
  readonly refusal: Uint8Array

  constructor(error: TelltaleError, refusal: Uint8Array) {
    super(error.code, error.message, { ...(error.expected === undefined ? {} : { expected: error.expected }), ...(error.found === undefined ? {} : { found: error.found }) })
    this.refusal = refusal
  }
}

const CODE_BYTES_MAX = 64
/** Longer texts are cut: a refusal has to fit beside what it refuses. */
const FACT_BYTES_MAX = 512
const HEADER_SIZE = 3

function refusalToFields({ authority, id, code, isPermanent, expected, found, size, timeMs }: Refusal): Cbor[] {
  return [authority, id, code, isPermanent, expected, found, size, timeMs]
}

/** Signs a refusal; texts of more than 512 bytes are cut first. */
export async function signRefusal(network: Uint8Array, refusal: Refusal, signer: Signer): Promise<Uint8Array> {
  const payload = statementPayload(network, refusalToFields({ ...refusal, expected: cutFact(refusal.expected), found: cutFact(refusal.found) }))
  const protectedBytes = statementHeader('refusal', signer.publicKey.algorithm, signer.keyNumber)
  return encodeSign1({ protectedBytes, unprotected: new Map(), payload, signature: await signer.sign(signatureInput(protectedBytes, payload)) })
}

/** The longest beginning that fits, never half of a character. */
function cutFact(text: string | null): string | null {
  if (text === null || utf8Length(text) <= FACT_BYTES_MAX) return text
  let cut = ''
  for (const character of text) {
    if (utf8Length(cut + character) > FACT_BYTES_MAX) break
    cut += character
  }
  return cut
}

/** Reads a refusal without checking its signature (`malformed-cbor`, `not-canonical`, `unknown-version`, `wrong-shape`). */
export function decodeRefusal(bytes: Uint8Array): Refusal & { network: Uint8Array } {
  const { protectedHeader: header, unprotected, payload } = decodeSign1(bytes)
  if (unprotected.size !== 0) throw wrongShape('unprotected header', 'an empty map', unprotected)
  if (header.size !== HEADER_SIZE) throw wrongShape('protected header', 'exactly labels 1, 4 and 16', header)
  asExactly(header.get(16), 'application/x.tt-refusal', 'protected header type')
  const [, network, authority, id, code, isPermanent, expected, found, size, timeMs] = asVersioned(decode(asBytes(payload, 'payload')), 'refusal', 10)
  if (typeof isPermanent !== 'boolean') throw wrongShape('refusal permanent', 'true or false', isPermanent)
  return {
    network: asBytes(network, 'refusal network', 32),
    authority: asText(authority, 'refusal authority', 64),
    id: asBytes(id, 'refusal id', 32),
    code: asText(code, 'refusal code', CODE_BYTES_MAX),
    isPermanent,
    expected: asNullable(expected, (text) => asText(text, 'refusal expected', FACT_BYTES_MAX)),
    found: asNullable(found, (text) => asText(text, 'refusal found', FACT_BYTES_MAX)),
    size: asUint(size, 'refusal size'),
    timeMs: asUint(timeMs, 'refusal time'),
  }
}

/** Whether the authority that it names stands in this set and signed it, for this network, with the key it has there. */
export async function isRefusalBy(bytes: Uint8Array, network: Uint8Array, set: AuthoritySet, primitives: Primitives): Promise<boolean> {
  const refusal = decodeRefusal(bytes)
  const authority = set.find(({ address }) => address === refusal.authority)
  if (!authority || !equalBytes(refusal.network, network)) return false
  const { protectedBytes, payload, signature } = decodeSign1(bytes)
  if (!equalBytes(statementHeader('refusal', authority.key.algorithm, authority.keyNumber), protectedBytes)) return false
  return isValidSignature({ key: authority.key, message: signatureInput(protectedBytes, payload as Uint8Array), signature }, primitives)
}
