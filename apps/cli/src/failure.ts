import { TelltaleError, errorToVerdict, fail } from '@telltale/core'
import type { Verdict } from '@telltale/core'

/** A command was used wrongly, or something it was given could not be read: exit 2 whatever the code. */
export class UsageError extends TelltaleError {}

/** What was interrupted by a signal ends as a shell expects it: 128 plus the number of the signal. */
export class Interrupted extends TelltaleError {
  readonly exitCode: number

  constructor(signal: 'SIGINT' | 'SIGTERM', message: string) {
    super('interrupted', message)
    this.exitCode = signal === 'SIGINT' ? 130 : 143
  }
}

const SYSTEM: Record<string, { code: string; says: string }> = {
  ENOENT: { code: 'file-not-found', says: 'does not exist. Check the spelling and the folder' },
  ENOTDIR: { code: 'file-not-found', says: 'does not exist: a part of the path is a file. Check the spelling' },
  EISDIR: { code: 'not-a-file', says: 'is a folder. Name a file' },
  EACCES: { code: 'permission-denied', says: 'may not be used by you. Check its permissions' },
  EPERM: { code: 'permission-denied', says: 'may not be used by you. Check its permissions' },
  EROFS: { code: 'directory-read-only', says: 'lies on a disk that is mounted read-only. Choose another place' },
  ENOSPC: { code: 'disk-full', says: 'could not be written: the disk is full. Make room and try again; nothing was harmed' },
  EDQUOT: { code: 'disk-full', says: 'could not be written: your share of the disk is used up. Make room and try again' },
  EMFILE: { code: 'too-many-open-files', says: 'could not be opened: too many files are open. Close other programs, or raise `ulimit -n`' },
}

/** Any failure as a coded one: refusals of the operating system get their code and what to do; only our own bugs stay `internal-error`. */
export function failureOf(error: unknown): TelltaleError {
  if (error instanceof TelltaleError) return withHelp(error)
  const { code, path, syscall } = error as NodeJS.ErrnoException
  if (typeof code === 'string' && typeof syscall === 'string') {
    const known = SYSTEM[code] ?? { code: 'file-unreadable', says: `could not be used (${code})` }
    return new UsageError(known.code, `${path ?? 'A file'} ${known.says}.`, { cause: error })
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return fail('internal-error', `This is a fault of Telltale itself; please report it with these lines.\n${text}`, { cause: error })
}

/** What whoever runs a command does where a node asks who they are: the node itself speaks of headers and pages. */
const ACCESS: Record<string, string> = {
  'token-needed': 'This node asks for a token, and none or an unknown or expired one was given.',
  'log-in-needed': 'This node asks who you are.',
  'role-needed': 'The token may not do this.',
}

function withHelp(error: TelltaleError): TelltaleError {
  const said = ACCESS[error.code]
  if (said === undefined) return error
  const { expected, found } = error
  const role = error.code === 'role-needed' && expected !== undefined ? expected : 'operator'
  return new TelltaleError(error.code, `${said} Whoever runs it makes one with \`telltale tokens add NAME --role ${role}\`; put it into a file and name that with --token-file or TELLTALE_TOKEN_FILE.`, { ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }), cause: error })
}

export function verdictOf(error: unknown): Verdict {
  return errorToVerdict(failureOf(error))
}
