/** Limits of the ledger that no network can raise, each with its reason. What a network may choose is in parameters.ts. */

/** Authorities that evidence leaves in force: with fewer a single one that stays away, or is accused next, would end the network. */
export const AUTHORITIES_KEPT_MIN = 3
/** Intervals of one entry (keys, roles, owners, streams): every certificate carries them all. Rotation and suspension may exceed it. */
export const INTERVALS_MAX = 1024
/** UTF-8 bytes of a reason or of the text of a correction. */
export const REASON_BYTES_MAX = 1024
/** Streams that one enrolment can open. */
export const STREAMS_PER_ENROLMENT_MAX = 16
/** Attributes that a commitment hides: all of them are shown in one line. */
export const ATTRIBUTES_MAX = 32
/** New keys of one authority: each is another set of authorities, which stands in every certificate. */
export const AUTHORITY_ROTATIONS_MAX = 32
/** Transactions that one relay names: with all of them it stays below the size of a transaction. */
export const RELAYED_MAX = 400
/** Roles of one identity at a time. */
export const ROLES_MAX = 16
/** Values that one correction can state. */
export const CORRECTION_VALUES_MAX = 32
