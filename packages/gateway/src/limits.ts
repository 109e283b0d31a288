/** What one gateway holds and does, each with its reason. */
export interface GatewayLimits {
  /** Bytes of records that wait in the outbox, so that an outage of the network does not fill the disk; beyond it devices keep their records themselves. */
  outboxBytesMax: number
  /** Of these the share of one device: a device gone wrong leaves room for all others. */
  deviceBytesMax: number
  /** Records of one device a second in the long run, and at once: a device that was away sends what it kept. */
  deviceRecordsPerSecond: number
  deviceRecordsAtOnce: number
  /** Questions to the registry a second in the long run, and at once: whoever invents devices must not use up what the node allows this gateway. */
  lookupsPerSecond: number
  lookupsAtOnce: number
  /** Requests of one address a second, in the mean over ten: checking signatures takes time, also of those that do not hold. */
  requestsPerSecond: number
  connectionsMax: number
  /** One request: a hundred records, or one with an attachment of 8 MiB and some more. */
  bodyBytesMax: number
  /** Bytes of requests that are held at once for everybody together. */
  heldBytesMax: number
}

export const DEFAULT_LIMITS: GatewayLimits = {
  outboxBytesMax: 1_073_741_824,
  deviceBytesMax: 67_108_864,
  deviceRecordsPerSecond: 50,
  deviceRecordsAtOnce: 2000,
  lookupsPerSecond: 100,
  lookupsAtOnce: 500,
  requestsPerSecond: 200,
  connectionsMax: 4096,
  bodyBytesMax: 16_777_216,
  heldBytesMax: 134_217_728,
}

/** Records of one request to the node: below the least it is worth waiting a moment for more, above the most a node refuses. */
export const BATCH_MIN = 10
export const BATCH_MAX = 100
/** Bytes of one such request: half of what a node takes. */
export const BATCH_BYTES_MAX = 8_388_608
/** Of these one stream's: many streams share a request. */
export const BATCH_LANE_MAX = 50
/** Requests under way at once: while one waits for its block, others are on the way. */
export const BATCHES_MAX = 4
/** How long a record waits for company. */
export const LINGER_MS = 20
/** What was refused for the moment is sent again after this, then after twice as long, up to the most. */
export const RETRY_MS_MIN = 250
export const RETRY_MS_MAX = 60_000
/** The same where the node cannot be reached: once it is back, everybody waits. */
export const UPSTREAM_RETRY_MS_MAX = 5000
/** A statement names up to 400 records (call 20): with all of them it stays below the size of a transaction. */
export const RELAYED_MAX = 400
/** Outcomes that are remembered for devices that ask later; about 1 kB each. Older ones are asked of the node. */
export const OUTCOMES_MAX = 10_000
/** Records whose bytes stay in memory between arrival and departure; those beyond are read back from the disk. */
export const HELD_BYTES_MAX = 67_108_864
/** The outbox is written anew when it is this large and at most half of it is still needed. */
export const REWRITE_BYTES_MIN = 33_554_432
/** Certified records that wait to be named; more pile up only where the gateway is not admitted. About 150 bytes each; the oldest are given up. */
export const UNSTATED_MAX = 1_000_000
