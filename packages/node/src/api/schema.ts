import { Type } from 'typebox'
import type { Static, TSchema } from 'typebox'

/** What the description of the API is made of. Every shape is closed: a field that is not named is refused on the way in and never sent on the way out. */
const closed = { additionalProperties: false } as const

export const HEX = '^([0-9a-f]{2})*$'
const ADDRESS_PART = '[02-9ac-hj-np-z]{38}'
const HASH = '^[0-9a-f]{64}$'
const NONCE = '^[0-9a-f]{16}$'
const ADDRESS = `^tt1${ADDRESS_PART}$`
const ASSET_ID = `^ta1${ADDRESS_PART}$`
const PROPOSAL_ID = `^tp1${ADDRESS_PART}$`
const STREAM_NAME = '^[a-z][a-z0-9-]{0,31}$'
const STREAM_PATH = `^tt1${ADDRESS_PART}/[a-z][a-z0-9-]{0,31}$`

export const Hash = Type.String({ pattern: HASH, description: 'SHA-256, lower-case hexadecimal' })
export const Hex = Type.String({ pattern: HEX, description: 'bytes, lower-case hexadecimal' })
export const Nonce = Type.String({ pattern: NONCE, description: '8 bytes, lower-case hexadecimal' })
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
export const Ms = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'milliseconds since 1970' })
export const RecordNumber = Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: 'number of a record in its stream, or of an epoch' })
export const Address = Type.String({ pattern: ADDRESS, description: 'address of an identity' })
export const AssetId = Type.String({ pattern: ASSET_ID, description: 'id of an asset' })
export const ProposalId = Type.String({ pattern: PROPOSAL_ID, description: 'id of a proposal' })
export const StreamName = Type.String({ pattern: STREAM_NAME, description: 'name of a stream' })
export const StreamPath = Type.String({ pattern: STREAM_PATH, description: 'device/stream' })

/** Formats of text in words, by their patterns: what a refusal says instead of the pattern. */
export const FORMATS: ReadonlyMap<string, string> = new Map([
  [HASH, 'a hash of 64 hex digits, lower-case'],
  [HEX, 'bytes as hex digits, lower-case, two a byte'],
  [NONCE, '16 hex digits, lower-case'],
  [ADDRESS, 'an address tt1… of 41 characters'],
  [ASSET_ID, 'the id of an asset, ta1… of 41 characters'],
  [PROPOSAL_ID, 'the id of a proposal, tp1… of 41 characters'],
  [STREAM_NAME, 'the name of a stream: a small letter, then at most 31 of a to z, 0 to 9 and -'],
  [STREAM_PATH, 'a stream as tt1…/name'],
])

export function shape<T extends Record<string, TSchema>>(properties: T): ReturnType<typeof Type.Object<T>> {
  return Type.Object(properties, closed)
}

export function nullable<T extends TSchema>(schema: T): ReturnType<typeof orNull<T>> {
  return orNull(schema)
}

function orNull<T extends TSchema>(schema: T): ReturnType<typeof Type.Union<[T, ReturnType<typeof Type.Null>]>> {
  return Type.Union([schema, Type.Null()])
}

/** A page of a list: how many at most. */
export function limitOf(most: number, usual: number): ReturnType<typeof Type.Optional<ReturnType<typeof Type.Integer>>> {
  return Type.Optional(Type.Integer({ minimum: 1, maximum: most, default: usual, description: `at most ${most}` }))
}

/** RFC 9457. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'where the code is explained' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'words for people; may change' }),
    code: Type.String({ description: 'stable; see docs/codes.md' }),
    expected: Type.Optional(Type.String()),
    found: Type.Optional(Type.String()),
  },
  { ...closed, $id: 'Problem' },
)
export type Problem = Static<typeof Problem>

/** Names a shape that stands once in the description; its type is kept. */
export function named<T extends TSchema>(schema: T): ReturnType<typeof Type.Unsafe<Static<T>>> {
  return Type.Unsafe<Static<T>>({ $ref: `${(schema as unknown as { $id: string }).$id}#` })
}

const problemContent = { 'application/problem+json': { schema: { $ref: 'Problem#' } } }
const PROBLEMS: Record<number, string> = {
  400: 'the request cannot be read',
  401: 'a session or a token is needed',
  403: 'the role does not suffice, or another page asked',
  404: 'there is no such thing',
  408: 'the request took too long to arrive',
  409: 'not as things stand',
  413: 'the body is too large',
  415: 'the body is of another kind',
  421: 'the request was meant for another host',
  429: 'too many requests',
  503: 'the node is busy, stalled or stopping; try again',
}
/** What any route may answer: 400 for what cannot be read, and what access, rate and load refuse. */
const ALWAYS = [400, 401, 403, 408, 421, 429, 503]

/** The answers of a route: what it gives, and the problems that it may report beside those that any route may. */
export function answers<T>(given: Record<number, T>, problems: number[] = []): Record<string, unknown> {
  const refusals = [...ALWAYS, ...problems].filter((status) => !(status in given))
  return { ...given, ...Object.fromEntries(refusals.map((status) => [status, { description: PROBLEMS[status], content: problemContent }])) }
}

/** An answer of bytes. */
export function bytesAnswer(description: string, type = 'application/cbor'): { description: string; content: Record<string, { schema: TSchema }> } {
  return { description, content: { [type]: { schema: Type.String({ format: 'binary' }) } } }
}
