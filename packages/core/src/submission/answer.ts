import { hexToBytes } from '../bytes/hex.ts'
import { TelltaleError, fail } from '../errors.ts'

/** What a node or a gateway answers about one submission. None of it is believed before its receipt or its refusal was checked. */
export type SubmissionAnswer =
  | { status: 'certified'; index: number; height: number; receipt: Uint8Array | null }
  /** It is on its way: ask again. */
  | { status: 'pending' }
  /** `refusal`: the authority's signed refusal, where sending it again can never help. */
  | { status: 'refused'; error: TelltaleError; refusal: Uint8Array | null }
  /** Whoever answers does not know: send it again. */
  | { status: 'unknown'; error: TelltaleError }

/** A receipt names a path of at most 64 hashes, a signature and a checkpoint; a refusal is smaller. */
const SIGNED_BYTES_MAX = 16_384
const CODE = /^[a-z]+(?:-[a-z]+)*$/
const CODE_CHARACTERS_MAX = 64
const TEXT_CHARACTERS_MAX = 1024

/** Reads `{results: [...]}`, one answer for each of `count` submissions in their order (`unexpected-answer`). */
export function answersFromJson(value: unknown, count: number): SubmissionAnswer[] {
  const results = asRecord(value)['results']
  if (!Array.isArray(results) || results.length !== count) throw malformed(`${count} results`, Array.isArray(results) ? `${results.length} results` : 'none')
  return results.map(answerFromJson)
}

/** Reads one answer: `{status, index?, height?, receipt?, error?, refusal?}` (`unexpected-answer`). */
export function answerFromJson(value: unknown): SubmissionAnswer {
  const { status, index, height, receipt, error, refusal } = asRecord(value)
  switch (status) {
    case 'certified':
      return { status, index: asCount(index), height: asCount(height), receipt: asSigned(receipt) }
    case 'pending':
    case 'included':
    case 'final':
      return { status: 'pending' }
    case 'refused':
      return { status, error: problemToError(error), refusal: asSigned(refusal) }
    case 'unknown':
      return { status, error: problemToError(error) }
    default:
      throw malformed('a status', String(status).slice(0, 40))
  }
}

/** The coded error that a problem (RFC 9457) of another process names; whatever else comes is `unexpected-answer`. */
export function problemToError(value: unknown): TelltaleError {
  if (value === undefined || value === null) return malformed('a problem', 'none')
  const { code, detail, expected, found } = asRecord(value)
  if (typeof code !== 'string' || code.length > CODE_CHARACTERS_MAX || !CODE.test(code)) return malformed('a code', 'none')
  const facts = { ...(typeof expected === 'string' ? { expected: cut(expected) } : {}), ...(typeof found === 'string' ? { found: cut(found) } : {}) }
  return new TelltaleError(code, typeof detail === 'string' ? cut(detail) : code, facts)
}

function cut(text: string): string {
  return text.slice(0, TEXT_CHARACTERS_MAX)
}

function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('an object', Array.isArray(value) ? 'an array' : typeof value)
  return value as Record<string, unknown>
}

function asCount(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw malformed('a whole number', typeof value)
}

function asSigned(value: unknown): Uint8Array | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string' || value.length > 2 * SIGNED_BYTES_MAX || !/^(?:[0-9a-f]{2})+$/.test(value)) throw malformed('hexadecimal text', typeof value)
  return hexToBytes(value)
}

function malformed(expected: string, found: string): TelltaleError {
  return fail('unexpected-answer', 'Whoever answered is no node and no gateway that can be understood. Check the address, and that both are of one version.', { expected, found })
}
