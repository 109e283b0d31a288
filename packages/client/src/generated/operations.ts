// Written by scripts/client-types.ts from docs/openapi.json; not to be edited.

export interface Problem { type: string; title: string; status: number; detail: string; code: string; expected?: string; found?: string }

/** What each operation takes and gives, by its name in the description. */
export interface Operations {
  /** How the node stands. */
  getHealth: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { status: 'ok' | 'stalled' | 'stopping'; version: string; network: string; height: number; finalHeight: number; size: number; logRoot: string; stateRoot: string; sinceMs: number; stalled: { what: 'node' | 'blocks' | 'finality' | 'certificates'; sinceMs: number; missing: ({ address: string; sinceMs: number })[]; present: number; needed: number; authorities: number; message: string; help: string } | null } }
  /** Who one is at this node. */
  getSession: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { hasAccounts: boolean; isGuarded: boolean; kind: 'account' | 'token' | null; name: string | null; role: 'reader' | 'operator' | 'admin' | null; endsMs: number | null } }
  /** Log in: the answer sets the cookie of a session. */
  logIn: { path: Record<never, never>; query: Record<never, never>; body: { name: string; password: string }; gives: { hasAccounts: boolean; isGuarded: boolean; kind: 'account' | 'token' | null; name: string | null; role: 'reader' | 'operator' | 'admin' | null; endsMs: number | null } }
  /** Log out: the session ends, and its cookie goes. */
  logOut: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { hasAccounts: boolean; isGuarded: boolean; kind: 'account' | 'token' | null; name: string | null; role: 'reader' | 'operator' | 'admin' | null; endsMs: number | null } }
  /** Who may certify, and what the network chose for itself. */
  getNetwork: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { network: string; name: string; isDemo: boolean; genesisMs: number; height: number; authorities: ({ address: string; keyNumber: number; algorithm: string })[]; parameters: { name: string; sealers: 'authorities' | 'anyone'; workBits: number; blockMs: number; blockTransactionsMax: number; blockBytesMax: number; notesMax: number; quotaBytes: number; quotaWindowMs: number; lateMs: number; algorithms: (string)[]; retentionMs: number | null }; parametersSinceHeight: number; counts: { transactions: number; assets: number; devices: number } } }
  /** The file that the network began with. */
  getGenesis: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: Uint8Array }
  /** The newest certified checkpoint; as application/cbor the file that `verify --checkpoint` reads. */
  getCheckpoint: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { checkpoint: { height: number; size: number; logRoot: string; stateRoot: string; setHash: string; timeMs: number }; cosignatures: ({ address: string; keyNumber: number; issuedAtSeconds: number })[] } }
  /** Steps of trust from a set of authorities, named by its hash, to the newest certified checkpoint: whoever believes these follows to those in force. */
  getLinks: { path: Record<never, never>; query: { set: string }; body: undefined; gives: Uint8Array }
  /** What waits, by sender, without what stands in it. */
  getPool: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { count: number; bytes: number; oldest: { sender: string; sinceMs: number } | null; senders: ({ sender: string; count: number; bytes: number; oldestMs: number })[] } }
  /** Blocks that are not final with their votes, and those that lost lately. */
  getBranches: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { isAlone: boolean; head: { height: number; id: string }; justifiedHeight: number; final: { height: number; id: string }; blocks: ({ height: number; id: string; parent: string; sealer: string; turn: number; weight: number; timeMs: number; transactions: number; votes: (string)[]; votesNeeded: number; isJustified: boolean; isOnHead: boolean })[]; lost: ({ height: number; id: string; parent: string; sealer: string; turn: number; wonId: string; timeMs: number })[] } }
  /** Blocks that this node refused since it started, the newest first, and votes that no honest authority casts. */
  listRefusedBlocks: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { isAlone: boolean; counts: ({ code: string; count: number })[]; blocks: ({ height: number; id: string; peer: string | null; timeMs: number; code: string; message: string; expected: string | null; found: string | null })[]; doubleVotes: ({ address: string; votes: ({ sourceHeight: number; targetHeight: number; targetId: string })[] })[] } }
  /** Who may seal since when, who will, whose turn it is, and what was seen of each last. */
  listAuthorities: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { isAlone: boolean; height: number; needed: number; authorities: ({ address: string; keyNumber: number; algorithm: string; sinceHeight: number; isOwn: boolean; block: { height: number; timeMs: number } | null; vote: { height: number; timeMs: number } | null; cosignature: { height: number; timeMs: number } | null; awaySinceMs: number | null })[]; pending: ({ decidedHeight: number; earliestHeight: number; joins: ({ address: string; keyNumber: number; algorithm: string })[]; leaves: ({ address: string; keyNumber: number; algorithm: string })[] })[]; turns: ({ height: number; address: string })[] } }
  /** Proposals, open and decided, and evidence against authorities, by id. */
  listProposals: { path: Record<never, never>; query: { after?: string; limit?: number }; body: undefined; gives: { proposals: ({ proposal: string; kind: string; value: string; content: unknown; hash: string; proposer: string; approvals: (string)[]; counted: number; needed: number; decidedHeight: number | null })[]; after: string | null } }
  /** A proposal: what it would change, who approved it, and whether it is decided. */
  getProposal: { path: { proposal: string }; query: Record<never, never>; body: undefined; gives: { proposal: string; kind: string; value: string; content: unknown; hash: string; proposer: string; approvals: (string)[]; counted: number; needed: number; decidedHeight: number | null } }
  /** Peers that are connected, and those that are known and gone. */
  listPeers: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { isAlone: boolean; id: string | null; identity: string | null; addresses: (string)[]; peers: ({ peer: string; identity: string | null; role: string | null; software: string | null; addresses: (string)[]; isConnected: boolean; latencyMs: number | null; height: number | null; finalHeight: number | null; waiting: number | null; onlineSinceMs: number; offlineSinceMs: number | null; blame: number })[] } }
  /** The network as its nodes report it. */
  getPeerGraph: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { isAlone: boolean; nodes: ({ peer: string; identity: string | null; role: string | null; isOwn: boolean; isSilent: boolean; isCut: boolean })[]; links: ({ from: string; to: string; latencyMs: number; isCut: boolean })[]; isConnected: boolean; diameterMs: number | null; spreadMs: number | null; bestLink: { from: string; to: string; latencyMs: number; spreadMs: number } | null } }
  /** Asks every peer now for what this node lacks, as it does every few seconds by itself. */
  syncWithPeers: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { asked: number; height: number; finalHeight: number } }
  /** Blocks, the newest first. */
  listBlocks: { path: Record<never, never>; query: { before?: number; limit?: number }; body: undefined; gives: { blocks: ({ height: number; id: string; timeMs: number; size: number; bytes: number; sealer: string; transactions: number })[]; before: number | null } }
  /** A block and what it holds; the genesis is at /v1/genesis. */
  getBlock: { path: { height: number }; query: { from?: number; limit?: number }; body: undefined; gives: { height: number; id: string; timeMs: number; size: number; bytes: number; sealer: string; logRoot: string; stateRoot: string; count: number; transactions: ({ id: string; index: number; call: number; callName: string; iss: string; sub: string; sequence: number; bytes: number })[]; from: number | null } }
  /** Submit one transaction, or up to 100 with their attachments. */
  submitTransactions: { path: Record<never, never>; query: { wait?: 'certified' | 'accepted'; receipts?: boolean }; body: Uint8Array; gives: { results: ({ id: string | null; status: 'unknown' | 'pending' | 'included' | 'final' | 'certified' | 'refused'; index?: number; height?: number; receipt?: string; error?: Problem; refusal?: string })[] } }
  /** How a transaction stands. */
  getTransaction: { path: { id: string }; query: Record<never, never>; body: undefined; gives: { id: string; status: 'unknown' | 'pending' | 'included' | 'final' | 'certified' | 'refused'; index?: number; height?: number; timeMs?: number; call?: number; callName?: string; iss?: string; sub?: string; sequence?: number; transaction?: string; error?: Problem } }
  /** Its receipt (RFC 9942) under the newest checkpoint. */
  getReceipt: { path: { id: string }; query: Record<never, never>; body: undefined; gives: Uint8Array }
  /** Proof that a transaction stands in the log. */
  getInclusion: { path: Record<never, never>; query: { index: number; size?: number }; body: undefined; gives: { index: number; size: number; leafHash: string; path: (string)[]; root: string } }
  /** Proof that the log of one size begins with that of a smaller one. */
  getConsistency: { path: Record<never, never>; query: { from: number; to?: number }; body: undefined; gives: { from: number; to: number; path: (string)[]; fromRoot: string; toRoot: string } }
  /** An entry of the state with its proof; value null where nothing stands, which is proved too. */
  getState: { path: { key: string }; query: Record<never, never>; body: undefined; gives: { key: string; value: string | null; siblings: (string)[]; neighbour: { keyHash: string; valueHash: string } | null; stateRoot: string; height: number } }
  /** Everybody who was ever admitted, by address. */
  listIdentities: { path: Record<never, never>; query: { after?: string; limit?: number }; body: undefined; gives: { identities: ({ address: string; organisation: string | null; roles: ({ role: string; scope: string | null; expiryMs: number | null; fromHeight: number; toHeight: number | null })[]; keys: ({ number: number; algorithm: string; key: string; fromHeight: number; toHeight: number | null })[]; sealKeys: ({ number: number; key: string; fromHeight: number; toHeight: number | null })[] })[]; after: string | null } }
  /** An identity: its keys and roles, with the heights at which they hold. */
  getIdentity: { path: { address: string }; query: Record<never, never>; body: undefined; gives: { address: string; organisation: string | null; roles: ({ role: string; scope: string | null; expiryMs: number | null; fromHeight: number; toHeight: number | null })[]; keys: ({ number: number; algorithm: string; key: string; fromHeight: number; toHeight: number | null })[]; sealKeys: ({ number: number; key: string; fromHeight: number; toHeight: number | null })[] } }
  /** Assets, by id. */
  listAssets: { path: Record<never, never>; query: { after?: string; limit?: number }; body: undefined; gives: { assets: ({ asset: string; owner: string | null; owners: ({ owner: string; fromHeight: number; toHeight: number | null })[]; commitment: string; streams: (string)[]; creator: string; transfers: number })[]; after: string | null } }
  /** An asset: its owners, with the heights at which they hold, and every stream it ever had. */
  getAsset: { path: { asset: string }; query: Record<never, never>; body: undefined; gives: { asset: string; owner: string | null; owners: ({ owner: string; fromHeight: number; toHeight: number | null })[]; commitment: string; streams: (string)[]; creator: string; transfers: number } }
  /** Devices with their streams, by address. */
  listDevices: { path: Record<never, never>; query: { after?: string; limit?: number }; body: undefined; gives: { devices: ({ device: string; asset: string; isActive: boolean; streams: ({ stream: string; device: string; name: string; asset: string; count: number; head: string; recordRoot: string; epoch: number; lastHeight: number; lastTimeMs: number; discontinuities: number; notes: number })[] })[]; after: string | null } }
  /** A device and where its streams stand. */
  getDevice: { path: { device: string }; query: Record<never, never>; body: undefined; gives: { device: string; asset: string; isActive: boolean; streams: ({ stream: string; device: string; name: string; asset: string; count: number; head: string; recordRoot: string; epoch: number; lastHeight: number; lastTimeMs: number; discontinuities: number; notes: number })[] } }
  /** Whom a device let read what, oldest first; what is granted is sealed for them. */
  listGrants: { path: { device: string }; query: { from?: number; limit?: number }; body: undefined; gives: { grants: ({ reader: string; sealKeyNumber: number; stream: string; epoch: number; first: number; last: number | null; days: number; height: number; blockTimeMs: number; isHeld: boolean; transaction: string })[]; from: number | null } }
  /** Where a stream stands. */
  getStream: { path: { device: string; name: string }; query: Record<never, never>; body: undefined; gives: { stream: string; device: string; name: string; asset: string; count: number; head: string; recordRoot: string; epoch: number; lastHeight: number; lastTimeMs: number; discontinuities: number; notes: number } }
  /** Records in their order; sealed ones stay sealed. */
  listRecords: { path: { device: string; name: string }; query: { from?: number; limit?: number }; body: undefined; gives: { records: ({ sequence: number; id: string; index: number; height: number; blockTimeMs: number; call: number; kind: 'open' | 'sealed' | 'resume'; previous: string; boot: string; epoch?: number; clear?: { clock: number; firstMs: number; durationMs: number; count: number }; body: { sha256: string; length: number } | null; isBodyHeld: boolean; cites: string | null; transaction: string })[]; from: number | null } }
  /** Corrections and forks, oldest first. */
  listNotes: { path: { device: string; name: string }; query: { from?: number; limit?: number }; body: undefined; gives: { notes: ({ id: string; index: number; height: number; timeMs: number; kind: 'correction' | 'fork'; author: string; first: number | null; last: number | null; what?: string; content?: unknown; transaction: string })[]; from: number | null } }
  /** Bytes that a transaction refers to, as they came: bodies of records, sealed where their device sealed them. */
  getAttachment: { path: { sha256: string }; query: Record<never, never>; body: undefined; gives: Uint8Array }
  /** A certificate of records of an asset, nothing of it disclosed. */
  makeCertificate: { path: Record<never, never>; query: Record<never, never>; body: { asset: string; streams: ({ stream: string; from?: number; to?: number })[] }; gives: Uint8Array }
  /** The work that the next block of this node waits for. */
  getWork: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: { work: { id: string; header: string; height: number; difficulty: number } | null; difficulty: number; miner: { threads: number; tries: number; triesPerSecond: number } | null } }
  /** A nonce that was found; the node seals the block and tells the others. */
  bringWork: { path: Record<never, never>; query: Record<never, never>; body: { id: string; nonce: string }; gives: { height: number; id: string } }
  /** What happens, as it happens; goes on after a cursor. */
  listenToEvents: { path: Record<never, never>; query: { cursor?: string }; body: undefined; gives: string }
  /** Figures for Prometheus; docs/metrics.md lists them. */
  getMetrics: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: string }
  /** This description. */
  getDescription: { path: Record<never, never>; query: Record<never, never>; body: undefined; gives: unknown }
}

export const OPERATIONS = {
  getHealth: { method: 'GET', path: '/health', gives: 'json' },
  getSession: { method: 'GET', path: '/v1/session', gives: 'json' },
  logIn: { method: 'POST', path: '/v1/session', gives: 'json' },
  logOut: { method: 'DELETE', path: '/v1/session', gives: 'json' },
  getNetwork: { method: 'GET', path: '/v1/network', gives: 'json' },
  getGenesis: { method: 'GET', path: '/v1/genesis', gives: 'bytes' },
  getCheckpoint: { method: 'GET', path: '/v1/checkpoint', gives: 'json' },
  getLinks: { method: 'GET', path: '/v1/checkpoint/links', gives: 'bytes' },
  getPool: { method: 'GET', path: '/v1/pool', gives: 'json' },
  getBranches: { method: 'GET', path: '/v1/branches', gives: 'json' },
  listRefusedBlocks: { method: 'GET', path: '/v1/refused-blocks', gives: 'json' },
  listAuthorities: { method: 'GET', path: '/v1/authorities', gives: 'json' },
  listProposals: { method: 'GET', path: '/v1/proposals', gives: 'json' },
  getProposal: { method: 'GET', path: '/v1/proposals/{proposal}', gives: 'json' },
  listPeers: { method: 'GET', path: '/v1/peers', gives: 'json' },
  getPeerGraph: { method: 'GET', path: '/v1/peers/graph', gives: 'json' },
  syncWithPeers: { method: 'POST', path: '/v1/peers/sync', gives: 'json' },
  listBlocks: { method: 'GET', path: '/v1/blocks', gives: 'json' },
  getBlock: { method: 'GET', path: '/v1/blocks/{height}', gives: 'json' },
  submitTransactions: { method: 'POST', path: '/v1/transactions', gives: 'json' },
  getTransaction: { method: 'GET', path: '/v1/transactions/{id}', gives: 'json' },
  getReceipt: { method: 'GET', path: '/v1/transactions/{id}/receipt', gives: 'bytes' },
  getInclusion: { method: 'GET', path: '/v1/log/inclusion', gives: 'json' },
  getConsistency: { method: 'GET', path: '/v1/log/consistency', gives: 'json' },
  getState: { method: 'GET', path: '/v1/state/{key}', gives: 'json' },
  listIdentities: { method: 'GET', path: '/v1/identities', gives: 'json' },
  getIdentity: { method: 'GET', path: '/v1/identities/{address}', gives: 'json' },
  listAssets: { method: 'GET', path: '/v1/assets', gives: 'json' },
  getAsset: { method: 'GET', path: '/v1/assets/{asset}', gives: 'json' },
  listDevices: { method: 'GET', path: '/v1/devices', gives: 'json' },
  getDevice: { method: 'GET', path: '/v1/devices/{device}', gives: 'json' },
  listGrants: { method: 'GET', path: '/v1/devices/{device}/grants', gives: 'json' },
  getStream: { method: 'GET', path: '/v1/streams/{device}/{name}', gives: 'json' },
  listRecords: { method: 'GET', path: '/v1/streams/{device}/{name}/records', gives: 'json' },
  listNotes: { method: 'GET', path: '/v1/streams/{device}/{name}/notes', gives: 'json' },
  getAttachment: { method: 'GET', path: '/v1/attachments/{sha256}', gives: 'bytes' },
  makeCertificate: { method: 'POST', path: '/v1/certificates', gives: 'bytes' },
  getWork: { method: 'GET', path: '/v1/work', gives: 'json' },
  bringWork: { method: 'POST', path: '/v1/work', gives: 'json' },
  listenToEvents: { method: 'GET', path: '/v1/events', gives: 'text' },
  getMetrics: { method: 'GET', path: '/metrics', gives: 'text' },
  getDescription: { method: 'GET', path: '/openapi.json', gives: 'json' },
} as const
