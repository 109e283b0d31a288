/** What one node holds and does for all who connect, each with its reason. The first four can be set by whoever runs it. */
export interface ApiLimits {
  /** One body: a hundred transactions, or one with an attachment of 8 MiB and some more. */
  bodyBytesMax: number
  /** Requests of one address in a second, in the mean over ten. */
  requestsPerSecond: number
  connectionsMax: number
  /** Open streams of events. */
  listenersMax: number
  /** Bytes of bodies and answers that are held at once for everybody together. */
  heldBytesMax: number
  /** Of these for one address. */
  heldBytesOfOneMax: number
  /** Within this the head of a request has to arrive, and within `requestMs` all of it: half-open connections go. */
  headMs: number
  requestMs: number
  /** A connection on which nothing moves: a reader that does not read. */
  idleMs: number
  keepAliveMs: number
}

export const DEFAULT_LIMITS: ApiLimits = {
  bodyBytesMax: 16_777_216,
  requestsPerSecond: 1000,
  connectionsMax: 4096,
  listenersMax: 1024,
  heldBytesMax: 134_217_728,
  heldBytesOfOneMax: 67_108_864,
  headMs: 10_000,
  requestMs: 60_000,
  idleMs: 60_000,
  keepAliveMs: 15_000,
}

/** The window over which requests are counted: short bursts pass. */
export const RATE_WINDOW_MS = 10_000
/** Bodies of JSON: requests for certificates. */
export const JSON_BYTES_MAX = 65_536
/** Parts of a path: as long as a head can be. What is too long for its route is refused like everything else that is malformed. */
export const PATH_PART_CHARACTERS_MAX = 65_536
/** Addresses that are counted at once. */
export const RATED_ADDRESSES_MAX = 20_000
