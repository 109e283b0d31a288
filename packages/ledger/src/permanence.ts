/**
 * Refusals that waiting and sending the same bytes again does not cure. The only list of its kind: senders learn it from signed refusals. Everything else means
 * "try again": what is missing may come (`gap`, `missing-attachment`, `unknown-citation`), what is full may empty (`quota`, `pool-full`), what holds from the
 * next block on will hold (`not-in-force`).
 */
const PERMANENT: ReadonlySet<string> = new Set([
  // The place is taken, or what it would follow is.
  'sequence-taken',
  'previous-mismatch',
  'wrong-epoch',
  'stream-full',
  'nothing-to-resume',
  // Said to another network, or by somebody who may no longer say it. Roles of devices are never given back, keys never reused.
  'wrong-network',
  'role-not-in-force',
  'key-not-in-force',
  'not-allowed',
  'wrong-subject',
  'invalid-signature',
  'consent-required',
  // What it names is not there, and would come only if somebody else made it: a sender that waits for that would wait with everything behind it.
  'unknown-stream',
  'unknown-identity',
  'unknown-seal-key',
  // Notes.
  'too-many-notes',
  'not-a-fork',
  'unknown-key',
  'no-such-record',
  // Evidence.
  'already-known',
  'no-contradiction',
])

/** Of these, what a node says too that has not heard of the newest blocks: what is missing there may stand in them. */
const PERMANENT_WHERE_ALL_IS_KNOWN: ReadonlySet<string> = new Set(['unknown-stream', 'unknown-identity', 'unknown-seal-key', 'unknown-key', 'no-such-record'])

/** The same where several authorities make the blocks, and one of them may be behind. */
export function isPermanentAmongSeveral(code: string): boolean {
  return isPermanentRefusal(code) && !PERMANENT_WHERE_ALL_IS_KNOWN.has(code)
}

/** Whether a transaction that was refused with this code is refused for good; its sender's own signature was found valid. */
export function isPermanentRefusal(code: string): boolean {
  return PERMANENT.has(code)
}
