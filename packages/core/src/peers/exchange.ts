/** What nodes tell everybody: announced blocks, transactions, votes on finality, cosignatures of checkpoints. */
export type Topic = 'block' | 'transaction' | 'vote' | 'cosignature'

/** What becomes of something that a peer passed on: it goes on to others, it stays here, or the peer is scored down for it. */
export type Passing = 'pass-on' | 'keep' | 'reject'

/** The engine's side: what it does with what comes from others. Calls may overlap. */
export interface Participant {
  /** Judges what was gossiped by `peer`; it is passed on to others only when this says so. Never throws. */
  onGossip(peer: string, topic: Topic, bytes: Uint8Array): Promise<Passing>
  /** Answers a peer's question (blocks, heights). What it throws reaches the peer as a coded refusal. */
  onQuestion(peer: string, question: Uint8Array): Promise<Uint8Array>
  /** A peer is connected and greeted: a moment to tell it the head and ask for what is missing. */
  onPeer(peer: string): void
}

/** The network's side: what an engine needs of the others. */
export interface Exchange {
  /** Tells everybody, once each; they pass it on. Never waits. */
  publish(topic: Topic, bytes: Uint8Array): void
  /** Asks one peer and waits for its answer (`peer-gone`, `peer-slow`, `peer-refused`, `answer-too-large`). */
  ask(peer: string, question: Uint8Array, timeoutMs: number): Promise<Uint8Array>
  /** Those that are connected and greeted, the lowest latency first. */
  peers(): string[]
  /** Scores down a peer that said what no honest peer says; below a bound it is cut off for a while. */
  blame(peer: string, code: string): void
}
