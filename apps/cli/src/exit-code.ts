import { TelltaleError } from '@telltale/core'

export const EXIT_DONE = 0
/** Refused, refuted, or damage found. */
export const EXIT_REFUSED = 1
/** Used wrongly, or something could not be read. */
export const EXIT_USAGE = 2
/** `verify`: nothing refuted, but a question that was asked is open. */
export const EXIT_OPEN = 3

/** Failures of what was given to the command; everything else with a code is a refusal. */
const USAGE = [
  /^malformed-(?!body)/,
  /^unknown-(version|command|option|signal|message|column|unit|format|key-file|call)$/,
  /^(no-data|no-store|not-a-store|not-a-file|not-a-certificate|not-a-backup|wrong-shape|not-canonical|too-deep|number-out-of-range)$/,
  /^(file-.*|key-file-.*|data-unreadable|directory-not-empty|directory-read-only|already-initialised|store-too-new|store-in-use)$/,
  /^(wrong-password|password-required|usage|certificate-too-large|ambiguous-.*|no-time-column|unsupported-signal|unit-mismatch|device-needed|bad-mnemonic.*|mnemonic-.*)$/,
]

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof TelltaleError)) return EXIT_REFUSED
  return USAGE.some((pattern) => pattern.test(error.code)) ? EXIT_USAGE : EXIT_REFUSED
}
