/** Limits of the store, each with its reason. */

/** Number of the format on disk. A newer one is refused, an older one becomes this when it is opened. 1: frames name attachments by whole hashes. 2: by 16 bytes of them. */
export const FORMAT_NUMBER = 2
/**
 * Number of the layout of all rows, the ledger's included: rows in another one are forgotten and rebuilt from the segments. 1: a row for every leaf of a tree. 2: heads,
 * groups and complete subtrees of trees; attachments by 16 bytes of their hash, their places in 11. 3: blocks with their parents and what votes
 * made of their branch.
 */
export const ROWS_LAYOUT_NUMBER = 3
/** A segment that has reached this ends, and the next begins: small enough to be copied and repaired by itself, large enough that a terabyte is 16,000 files. */
export const SEGMENT_BYTES_MAX = 67_108_864
/** One frame. 5,000 transactions of 16 kB are 80 MB; a length beyond this is damage and nothing is allocated for it. */
export const FRAME_BYTES_MAX = 268_435_456
/** Bodies in one frame of attachments: the frames of a commit are cut here, so that none is read or checked in one piece of gigabytes. */
export const ATTACHMENTS_FRAME_BYTES_MAX = 33_554_432
/** Attachments in one frame: its table stays below 200 kB. */
export const ATTACHMENTS_FRAME_COUNT_MAX = 8_192
/** Length of an attachment: it is kept in three bytes. Twice what the formats allow. */
export const STORED_ATTACHMENT_BYTES_MAX = 16_777_215
/** Segment files kept open for reading: far below the 1,024 files a process may have open by default. */
export const OPEN_FILES_MAX = 64
/** Read at a time while files are walked: large reads are what disks do best, and two of them fit any memory. */
export const READ_BYTES = 1_048_576
/** Rows gathered before they are written while the index of the segments is rebuilt. */
export const INDEX_BATCH_ROWS = 10_000
/** One of the two slots of the file `signed`: a page, so that a torn write of one cannot reach the other. */
export const SIGNED_SLOT_BYTES = 4_096
/** Part of a segment's attachments, by bytes, that must have been dropped before its file is rewritten without them. */
export const REWRITE_DROPPED_RATIO = 0.5
/** The same once a whole pass over old attachments is done: its file is rewritten once more for less, and some 90 times at most. */
export const REWRITE_SWEPT_RATIO = 0.1
/** Bytes dropped from the segment that is being written, before it is ended so that it can be rewritten: what less would free is not worth a file more. */
export const REWRITE_LAST_BYTES_MIN = 8_192
/** Changes of rows gathered in memory before LevelDB is given them: those of 10,000 to 40,000 records, which are replayed in a second or two after a crash. */
export const ROWS_BUFFER_BYTES = 8_388_608
/** LevelDB's memory table: about one such batch, without what the gathering itself takes. Two may be held at once. */
export const ROWS_WRITE_BUFFER_BYTES = 4_194_304
/** LevelDB's cache of table blocks: what is looked up is spread evenly, and the newest is gathered in memory anyway. */
export const ROWS_CACHE_BYTES = 8_388_608
