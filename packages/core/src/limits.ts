/** Limits of the formats, each with its reason. */

/** Nested items in one CBOR item, the outermost being 1: nothing we define nests deeper than 9; a decoder without a limit overflows its stack. */
export const CBOR_DEPTH_MAX = 16
/** Items in one CBOR item: an item takes a byte in a file and a hundred or more in memory. A certificate of 500,000 records has about 2 million. */
export const CBOR_ITEMS_MAX = 4_194_304
/** One transaction with its signature. A post-quantum signature takes 2.4 kB and an admission with roles about 1 kB more. */
export const TRANSACTION_BYTES_MAX = 16_384
/** One attachment: bodies of records, sealed grants, documents. */
export const ATTACHMENT_BYTES_MAX = 8_388_608
/** One certificate: what a phone can still hold in memory twice. */
export const CERTIFICATE_BYTES_MAX = 268_435_456
/** Key numbers of one identity: they travel as one byte. */
export const KEY_NUMBER_MAX = 255
/** Records of one stream: the sealing tree is 32 levels deep. */
export const STREAM_RECORDS_MAX = 2 ** 32
/** RSA moduli: below is weak, above makes verification a way to stall others. */
export const RSA_BITS_MIN = 2048
export const RSA_BITS_MAX = 4096
/** Authorities of one network: each cosigns every checkpoint and stands in every certificate. */
export const AUTHORITIES_MAX = 128
/** Links in a row: the ledger changes its set at most so often, and one link can skip many changes. */
export const LINKS_MAX = 1024
/** Readings of one record's body: what a device collects before it signs. */
export const RECORD_READINGS_MAX = 16_384
/** Times of cosignatures: 9999-12-31T23:59:59Z, the last that a date can be written for everywhere. */
export const ISSUED_AT_SECONDS_MAX = 253_402_300_799
