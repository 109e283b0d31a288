import { hash } from 'node:crypto'

/** SHA-256 of the platform, for tests that hash very often. */
export function createNodeLikeHash(): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => new Uint8Array(hash('sha256', bytes, 'buffer'))
}
