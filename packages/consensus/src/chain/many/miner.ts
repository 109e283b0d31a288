/** Whoever does the work for blocks: threads of this machine, or a simulation. */
export interface Miner {
  /**
   * Looks for a nonce, the last 8 bytes of the header, under which the header's SHA-256 times `difficulty` is below 2^256. Null once `signal` fires, or where it gives up;
   * it is asked again then. Never rejects.
   */
  solve(headerBytes: Uint8Array, difficulty: number, signal: AbortSignal): Promise<Uint8Array | null>
}
