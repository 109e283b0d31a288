import { Interrupted, UsageError, failureOf } from './failure.ts'

export const EXIT_DONE = 0
/** Refused, refuted, or damage found. */
export const EXIT_REFUSED = 1
/** Used wrongly, or something could not be read. */
export const EXIT_USAGE = 2
/** `verify`: nothing refuted, but a question that was asked is open. */
export const EXIT_OPEN = 3

/** Failures of what was given to the command, and of the machine it runs on; everything else with a code is a refusal. */
const USAGE = [
  /^malformed-/,
  /^(file|key-file|mnemonic|ambiguous)-/,
  /^(accounts-in-use|address-not-here|address-taken|already-initialised|certificate-too-large|clock-changed|confirmation-needed|data-unreadable|device-needed|gateway-in-use|internal-error|key-file-exists|keys-in-use|usage)$/,
  /^(directory-not-empty|directory-read-only|disk-failed|disk-full|permission-denied|too-many-open-files|store-in-use|store-too-new)$/,
  /^(no-data|no-store|no-time-column|node-unreachable|nothing-to-import|not-a-backup|not-a-certificate|not-a-chain-file|not-a-demo|not-a-directory|not-a-file|not-a-store|not-canonical|other-network)$/,
  /^(tls-needed|token-missing|unexpected-answer|unknown-setting)$/,
  /^(number-out-of-range|option-out-of-range|password-(?:required|too-long|too-short)|too-deep|unit-mismatch|unsupported-signal|wrong-password|wrong-shape)$/,
  /^unknown-(algorithm|call|column|command|format|message|mnemonic-word|option|signal|time-format|unit|value|version)$/,
]

/** The exit code of a command that ended with this failure. For `verify`, 1 says that the certificate is refuted and nothing else. */
export function exitCodeOf(error: unknown, command: string | null): number {
  const failure = failureOf(error)
  if (failure instanceof Interrupted) return failure.exitCode
  if (failure instanceof UsageError || command === 'verify') return EXIT_USAGE
  return USAGE.some((pattern) => pattern.test(failure.code)) ? EXIT_USAGE : EXIT_REFUSED
}
