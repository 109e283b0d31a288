import { createWebPrimitives, portable } from '@telltale/core'
import type { Primitives, SubtleVerifier } from '@telltale/core'
import { createNodePrimitives } from '../../src/crypto/node-primitives.ts'

/** Every platform that answers for a signature equation; WebCrypto only for what it has. */
export const PLATFORMS: Record<string, Primitives> = {
  portable,
  'node:crypto': createNodePrimitives(),
  'node:crypto, thread pool': createNodePrimitives({ verifyOn: 'pool' }),
  WebCrypto: createWebPrimitives(globalThis.crypto.subtle as unknown as SubtleVerifier),
}
