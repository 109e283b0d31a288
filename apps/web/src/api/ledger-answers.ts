/** What the node answers, as far as the pages read it; its whole description is at /openapi.json. Times in ms since 1970, hashes and ids as text. */

export interface Health {
  status: 'ok' | 'stalled' | 'stopping'
  version: string
  network: string
  height: number
  finalHeight: number
  size: number
  sinceMs: number
}

export interface Network {
  network: string
  name: string
  isDemo: boolean
  genesisMs: number
  height: number
  authorities: { address: string; keyNumber: number; algorithm: string }[]
  parameters: { lateMs: number; algorithms: string[]; blockMs: number; notesMax: number; quotaBytes: number; quotaWindowMs: number; blockTransactionsMax: number; blockBytesMax: number }
  counts: { transactions: number; assets: number; devices: number }
}

export interface CheckpointAnswer {
  checkpoint: { height: number; size: number; logRoot: string; stateRoot: string; setHash: string; timeMs: number }
  cosignatures: { address: string; keyNumber: number; issuedAtSeconds: number }[]
}

export interface BlockLine {
  height: number
  id: string
  timeMs: number
  /** Transactions in the log after it. */
  size: number
  transactions: number
  bytes: number
  sealer: string
}

export interface Block extends Omit<BlockLine, 'transactions'> {
  count: number
  transactions: { id: string; index: number; call: number; callName: string; iss: string; sub: string; sequence: number; bytes: number }[]
}

export interface Asset {
  asset: string
  owner: string | null
  owners: { owner: string; fromHeight: number; toHeight: number | null }[]
  commitment: string
  streams: { stream: string; fromHeight: number; toHeight: number | null }[]
  creator: string
  transfers: number
}

export interface Stream {
  /** `address/name`. */
  stream: string
  device: string
  name: string
  asset: string
  count: number
  epoch: number
  lastHeight: number
  lastTimeMs: number
  discontinuities: number
  notes: number
}

export interface Device {
  device: string
  asset: string
  isActive: boolean
  streams: Stream[]
}

export interface StreamRecord {
  sequence: number
  id: string
  index: number
  height: number
  blockTimeMs: number
  kind: 'open' | 'sealed' | 'resume'
  previous: string
  boot: string
  epoch?: number
  clear?: { clock: 0 | 1 | 2; firstMs: number; durationMs: number; count: number }
  body: { sha256: string; length: number } | null
  isBodyHeld: boolean
  cites: string | null
  /** Hexadecimal. */
  transaction: string
}

export interface Note {
  id: string
  height: number
  timeMs: number
  kind: 'correction' | 'fork'
  author: string
  first: number | null
  last: number | null
  what?: string
  content?: unknown
}

export interface Identity {
  address: string
  organisation: string | null
  roles: { role: string; scope: string | null; fromHeight: number; toHeight: number | null }[]
  keys: { number: number; algorithm: string; key: string; fromHeight: number; toHeight: number | null }[]
  sealKeys: { number: number; key: string; fromHeight: number; toHeight: number | null }[]
}
