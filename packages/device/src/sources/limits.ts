/** Limits of the sources, each with its reason. */

/** Bytes asked of the disk at once: large enough that the calls do not count, small enough that ten sources fit in 16 MB. */
export const CHUNK_BYTES = 1_048_576
/** Bytes parsed before a batch is handed on: a slice of nothing but broken lines makes at most this many refusals. */
export const SLICE_BYTES = 65_536
/** Bytes of a file looked at to find its header and its clock before it is read. */
export const PEEK_BYTES = 262_144
/** One candump line: a CAN FD frame of 64 bytes with a long interface name needs about 200. */
export const LOG_LINE_BYTES_MAX = 1_024
/** One row of a CSV, quoted line breaks included: 1,024 columns of 64 bytes. */
export const CSV_ROW_BYTES_MAX = 65_536
/** Columns of a CSV: the widest OBD apps write a few hundred. */
export const CSV_COLUMNS_MAX = 1_024
/** A text that becomes the value of a reading: names and codes, not essays. */
export const CELL_CHARACTERS_MAX = 1_024
/** A CAN database; the largest public ones are about 3 MB. */
export const DBC_TEXT_MAX = 33_554_432
/** Messages of a database, and signals of one message: J1939 has about 2,000 groups with up to 256 parameters. */
export const DBC_MESSAGES_MAX = 16_384
export const DBC_SIGNALS_MAX = 2_048
/** Bits of one signal: what the format defines; longer ones are byte arrays, not numbers. */
export const SIGNAL_BITS_MAX = 64
/** Bytes of one message: the largest multi-packet transfer of J1939. */
export const MESSAGE_BYTES_MAX = 1_785
/** A mapping is written by hand. */
export const MAPPING_TEXT_MAX = 1_048_576
/** Signals and streams of one mapping: beyond that a device would spend its life signing. */
export const MAPPING_SIGNALS_MAX = 1_024
export const MAPPING_STREAMS_MAX = 32
/** How long a record may be collected: a day, so that a slow stream is still signed daily; and not below what a device can sign. */
export const RECORD_MS_MIN = 10
export const RECORD_MS_MAX = 86_400_000
/** Readings of one record, as in the format of records. */
export const RECORD_READINGS_MAX = 16_384
/** Last second that has a four-digit year; later ones are damage, not dates. */
export const TIME_SECONDS_MAX = 253_402_300_799
/** Times from here on (September 2001) are Unix time; below it they count from some start: no machine runs 31 years. */
export const WALL_SECONDS_MIN = 1_000_000_000
/** Bytes of a refused line that are shown. */
export const EXCERPT_CHARACTERS_MAX = 60
