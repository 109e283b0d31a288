import { checkpointToCbor, cosign, decodeSign1, encode, encodeCheckpoint, encodeCosignature, encodeReceipt, linkToCbor, portable, setHash, setToCbor, signatureInput } from '@telltale/core'
import type { AuthoritySet, Checkpoint } from '@telltale/core'
import { blockId, decodeBlock } from '@telltale/ledger'
import { GENESIS_MS } from './history.ts'
import type { LongStory } from './long-story.ts'
import { AUTHORITY } from './small-story.ts'
import type { SmallStory } from './small-story.ts'
import { hex, hexes } from './vector.ts'
import type { Json } from './vector.ts'

/** The genesis of the small story and its block with two records. */
export async function blockVectors({ history }: SmallStory): Promise<{ [name: string]: Json }> {
  const { bytes } = await history.stored(4)
  const { headerBytes, seal, transactions } = decodeBlock(bytes)
  return {
    genesis: hex(history.genesis),
    network: hex(history.ledger.network),
    header: hex(headerBytes),
    blockId: hex(blockId(headerBytes, portable)),
    body: hex(encode([transactions, []])),
    bodyHash: hex(portable.sha256(encode([transactions, []]))),
    sealKeyNumber: seal.keyNumber,
    seal: hex(seal.signature),
    block: hex(bytes),
  }
}

/** The file that `--checkpoint` takes. */
export function pinFile(checkpoint: Checkpoint, set: AuthoritySet): Uint8Array {
  return encode(['tt-checkpoint', 1, checkpointToCbor(checkpoint), setToCbor(set)])
}

export async function checkpointVectors({ history, records }: SmallStory, long: LongStory): Promise<{ [name: string]: Json }> {
  const { ledger, reader } = history
  const checkpoint = await history.checkpointAt(ledger.position.height)
  const set = ledger.authorities(checkpoint.height)
  const cosignature = await cosign(checkpoint, AUTHORITY.address, GENESIS_MS / 1000 + checkpoint.height, AUTHORITY.signer)
  const encoded = encodeCosignature(checkpoint, 'EdDSA', cosignature)
  const { protectedBytes } = decodeSign1(encoded)
  const first = records[0] as SmallStory['records'][number]
  const index = reader.indexOf(first.id) as number
  const path = await reader.inclusion(index, checkpoint.size)
  return {
    checkpoint: hex(encodeCheckpoint(checkpoint)),
    set: hex(encode(setToCbor(set))),
    setHash: hex(setHash(set, portable)),
    cosignature: hex(encoded),
    cosignatureHeader: hex(protectedBytes),
    cosignatureSigned: hex(signatureInput(protectedBytes, checkpoint.logRoot)),
    receipt: hex(encodeReceipt(checkpoint, 'EdDSA', cosignature, index, path)),
    receiptFor: hex(first.bytes),
    receiptPath: hexes(path),
    setOfFour: hex(encode(setToCbor(long.setBefore))),
    setOfFourHash: hex(setHash(long.setBefore, portable)),
    link: hex(encode(linkToCbor(long.link))),
    head: hex(encode(linkToCbor(long.head))),
    pin: hex(pinFile(checkpoint, set)),
  }
}
