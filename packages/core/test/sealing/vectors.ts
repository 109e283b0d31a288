import { readFileSync } from 'node:fs'
import { hexToBytes } from '../../src/bytes/hex.ts'
import type { SealContext } from '../../src/sealing/key-tree.ts'

/** Values that another implementation made; see their comment. */
export interface SealingVectors {
  network: string
  device: string
  stream: string
  epoch: number
  epochSecret: string
  root: string
  sequence: number
  previous: string
  boot: string
  recordKey: string
  body: string
  cover: { from: number; to: number; keys: string[] }
  grant: { reader: string; sealKeyNumber: number; readerSecret: string; seed: string; encapsulated: string; sealed: string; sealedByPyhpke: string }
}

export const VECTORS = JSON.parse(readFileSync(new URL('vectors/sealing.json', import.meta.url), 'utf8')) as SealingVectors

export const CONTEXT: SealContext = { network: hexToBytes(VECTORS.network), device: VECTORS.device, stream: VECTORS.stream, epoch: VECTORS.epoch }
export const EPOCH_SECRET = hexToBytes(VECTORS.epochSecret)
