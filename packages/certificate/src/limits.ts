/** Limits of what a certificate may make a verifier do, each with its reason. Sizes of what it carries are those of core. */

/**
 * Different keys of authorities in the links of one certificate: each is checked before any signature is, a few milliseconds for Ed25519. A first set of 128 and as
 * many changes as a ledger makes are fewer.
 */
export const LINK_KEYS_MAX = 2048
/** Intervals of one identity's keys or roles: the ledger grants no more, and every signature looks through them. */
export const IDENTITY_INTERVALS_MAX = 1024
/** Signatures that are checked at the same time: enough to keep every core of a platform busy, few enough to hold. */
export const SIGNATURE_BATCH = 256
/** Characters of a text from the file within the ground of a lamp: a line for people. */
export const QUOTED_CHARACTERS_MAX = 80
/** Readings of all records that a certificate opens, about 150 bytes each in memory: open records can share one body, so that the size of a file is no limit. */
export const OPENED_READINGS_MAX = 8_388_608
