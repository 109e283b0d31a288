import { cosignatureCheck, decode, encodeCosignature, equalBytes, isValidSignature, judge, readCosignature } from '@telltale/core'
import type { Authority, Checkpoint, Cosignature, Primitives } from '@telltale/core'
import { cosignerAt, decodeBlock, networkRowFromCbor, NETWORK_KEY } from '@telltale/ledger'
import type { Ledger, LedgerReader, NetworkRow } from '@telltale/ledger'

/** A cosignature as it lies beside the log, with the checkpoint that the blocks make of it. */
export interface KeptCosignature {
  checkpoint: Checkpoint
  /** In force at its height, or before. */
  authority: Authority
  cosignature: Cosignature
  bytes: Uint8Array
}

/** What a kept statement is: a cosignature that holds, one of blocks that were lost and whose loss was told, or why it is neither. */
export type KeptJudgement = { ok: true; kept: KeptCosignature | null } | { ok: false; what: string; expected: string; found: string }

interface Context {
  ledger: Ledger
  reader: LedgerReader
  primitives: Primitives
}

/** Every cosignature that is kept, held against the blocks and the sets of authorities of this ledger. */
export async function* judgeCosignatures({ ledger, reader, primitives }: Context): AsyncGenerator<KeptJudgement> {
  const network = networkRowFromCbor(decode(reader.state(NETWORK_KEY).value as Uint8Array))
  for await (const bytes of ledger.store.kept('cosignature')) {
    const read = judge(() => readCosignature(bytes))
    if (!read.ok) yield { ok: false, what: 'a kept cosignature', expected: read.verdict.expected ?? 'a cosignature', found: read.verdict.found ?? read.verdict.message }
    else {
      const judged = await judgeOne(bytes, read.value, network, { ledger, reader, primitives })
      // From a resumption on, other blocks may have stood at these heights: what was signed about them stays as it is.
      const isOfLost = !judged.ok && network.resumptions.some((resumption) => resumption.height <= read.value.height)
      yield isOfLost ? { ok: true, kept: null } : judged
    }
  }
}

async function judgeOne(bytes: Uint8Array, { height, cosignature }: ReturnType<typeof readCosignature>, network: NetworkRow, { ledger, primitives }: Context): Promise<KeptJudgement> {
  const what = `cosignature of block ${height}`
  if (height < 1 || height > ledger.position.height) return { ok: false, what, expected: `a block from 1 to ${ledger.position.height}`, found: `block ${height}` }
  const authority = cosignerAt(network, height, cosignature)
  if (!authority) return { ok: false, what, expected: 'an authority in force, or one that left', found: cosignature.address }
  const checkpoint = await checkpointAt(ledger, height)
  // The header that these claims and this block make has to be the one that lies there, byte by byte.
  const isOfBlock = equalBytes(bytes, encodeCosignature(checkpoint, authority.key.algorithm, cosignature))
  const isValid = isOfBlock && (await isValidSignature(cosignatureCheck(checkpoint, authority, cosignature), primitives))
  if (!isValid) return { ok: false, what, expected: `a signature of ${authority.address} on the roots of this block`, found: isOfBlock ? 'another signature' : 'other roots' }
  return { ok: true, kept: { checkpoint, authority, cosignature, bytes } }
}

/** What the authorities sign about the block at a height from 1 on. */
async function checkpointAt(ledger: Ledger, height: number): Promise<Checkpoint> {
  const { header } = decodeBlock((await ledger.store.readBlock(height)).bytes)
  const { size, logRoot, stateRoot, setHash } = header
  return { network: ledger.network, height, size, logRoot, stateRoot, setHash }
}
