/** Blocks above the newest final one: where finality stalls, blocks stop too, so that what is not certified stays small and can be told to everybody who comes back. */
export const UNFINAL_DEPTH_MAX = 256
/** Blocks of all branches above it, those that lose included. */
export const BRANCH_BLOCKS_MAX = 1024
/** How far a block's time may lie ahead of this machine's clock. */
export const AHEAD_MS_MAX = 120_000
/** How long a sealer waits for each authority whose turn comes first, where blocks follow one another faster than that. */
export const STEP_MS_MIN = 500
/** Transactions that wait, and their bytes with attachments. */
export const POOL_COUNT_MAX = 100_000
export const POOL_BYTES_MAX = 268_435_456
/** Blocks of one answer, and bytes after which no further block is added: with a whole one behind it the answer still fits. */
export const RANGE_BLOCKS_MAX = 128
export const RANGE_BYTES_MAX = 3_145_728
/** Transactions with their attachments that are told to everybody at once; what is larger is asked for. */
export const GOSSIP_BYTES_MAX = 1_048_576
export const ASK_MS_MAX = 10_000
/** How far above the newest final block cosignatures are held aside for. */
export const EARLY_HEIGHTS_MAX = 1024
/** Cosignatures of blocks that are not final here yet, of one peer: they are checked later, and no peer may take the room of others. */
export const EARLY_COSIGNATURES_MAX = 1024
/** Peers whose cosignatures are held aside. */
export const EARLY_PEERS_MAX = 64
/** Votes of one authority that are kept: an honest one casts at most one for each height that is not final, and none can take the room of others. */
export const VOTES_KEPT_MAX = 512
/** Peers that a node asks in turn for a refusal that an authority signed. */
export const REFUSERS_ASKED_MAX = 4
/** How long work goes on before it is begun anew with the transactions and votes that came since: nothing is lost, work has no memory. */
export const DRAFT_FRESH_MS = 5_000
/** Drafts on one head for which work is still taken. */
export const DRAFTS_MAX = 8
