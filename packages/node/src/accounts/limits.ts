/** Accounts and tokens of one node, each: whoever has more people than this puts a proxy with its own log-in before the node. */
export const ACCOUNTS_MAX = 1000
export const TOKENS_MAX = 1000
/** A thousand of both take about half of it. */
export const ACCOUNTS_FILE_BYTES_MAX = 1_048_576

/** What somebody can be made to guess over a network has to be longer than what only opens a file. */
export const ACCOUNT_PASSWORD_CHARACTERS_MIN = 12
/** Hashing takes the same time for all of them; longer ones are no safer. */
export const ACCOUNT_PASSWORD_CHARACTERS_MAX = 1024

export const TOKEN_DAYS_USUAL = 90
export const TOKEN_DAYS_MAX = 3650
