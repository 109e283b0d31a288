/** Facts that go with a coded error; what was expected and what was found, in words a user can act on. */
export interface ErrorFacts {
  expected?: string
  found?: string
  cause?: unknown
}

/**
 * A failed operation or refused input. `code` is stable and documented in docs/codes.md; people's scripts match on it.
 * The message says what was expected, what was found and what to do next.
 */
export class TelltaleError extends Error {
  readonly code: string
  readonly expected: string | undefined
  readonly found: string | undefined

  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'TelltaleError'
    this.code = code
    this.expected = facts.expected
    this.found = facts.found
  }
}

/** Makes a coded error; callers write `throw fail('some-code', ...)`. */
export function fail(code: string, message: string, facts: ErrorFacts = {}): TelltaleError {
  return new TelltaleError(code, message, facts)
}

/** Why foreign data was refused, as a value. */
export interface Verdict {
  code: string
  message: string
  expected?: string
  found?: string
}

/** The outcome of judging foreign data: the value read from it, or a verdict. */
export type Judged<T> = { ok: true; value: T } | { ok: false; verdict: Verdict }

/** Runs a reader of foreign data and turns its coded error into a verdict; our own bugs pass through. */
export function judge<T>(read: () => T): Judged<T> {
  try {
    return { ok: true, value: read() }
  } catch (error) {
    if (error instanceof TelltaleError) return { ok: false, verdict: errorToVerdict(error) }
    throw error
  }
}

export function verdictToError({ code, message, expected, found }: Verdict): TelltaleError {
  return fail(code, message, { ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) })
}

export function errorToVerdict(error: TelltaleError): Verdict {
  return {
    code: error.code,
    message: error.message,
    ...(error.expected === undefined ? {} : { expected: error.expected }),
    ...(error.found === undefined ? {} : { found: error.found }),
  }
}
