/**
 * What lies below gossip and questions: connections between peers whose ids are proven. libp2p is one, a simulated network another.
 * Peers are named by their ids; between two peers messages arrive in the order in which they were sent, or not at all.
 */
export interface Transport {
  /** Our own peer id. */
  readonly id: string
  /** Where others reach us, once it is started. */
  addresses(): string[]
  /** Connected peers. */
  peers(): string[]
  /** Codes: `listen-failed`. */
  start(events: TransportEvents): Promise<void>
  /** Ends all connections; nothing is told any more when this resolves. */
  stop(): Promise<void>
  /** Connects to an address and says who is there (`peer-unreachable`, `malformed-peer-address`). One that is connected already stays. */
  connect(address: string): Promise<string>
  /** Queues a message and never waits; false where it was dropped, because the peer is gone or its queue is full. */
  send(peer: string, bytes: Uint8Array): boolean
  /** Messages to this peer that were dropped since it came. */
  dropped(peer: string): number
  /** Codes: `peer-gone`, `peer-slow`, `answer-too-large`. */
  ask(peer: string, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array>
  /** Signs with the key of our peer id. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
  /** Whether the key of this peer id made the signature. */
  verify(peer: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean>
  /** Ends the connection once what waits for the peer has left, or soon. */
  drop(peer: string): void
}

/** What a transport tells. */
export interface TransportEvents {
  /** Whether a connection with this peer may exist; asked before it is used. */
  allows(peer: string, isInbound: boolean): boolean
  /** Bytes that a message of this peer may have now; one that announces more ends the connection. */
  bytesMax(peer: string): number
  onPeer(peer: string): void
  onGone(peer: string): void
  /** The next message of this peer is told when this has resolved. Never rejects. */
  onMessage(peer: string, bytes: Uint8Array): void | Promise<void>
  /** Never rejects. */
  onQuestion(peer: string, bytes: Uint8Array): Promise<Uint8Array>
  /** Addresses at which there may be peers. */
  onFound(addresses: string[]): void
  /** The peer broke the rules of the transport (`message-too-large`), or cannot keep up (`peer-slow`); its connection ends. */
  onFault(peer: string, code: string): void
}
