import { addressToBytes, equalBytes, signStatement } from '@telltale/core'
import { networkAt, setAt, voteFields } from '@telltale/ledger'
import type { Vote } from '@telltale/ledger'
import type { EngineCore, Signing } from './core.ts'

/**
 * Casts this authority's vote for the head: once a height, always higher than the last target and never from below the last source, written before it is signed. This
 * rule alone (the minimal one of EIP-3076) excludes both votes that no honest authority casts. Null where none may be cast.
 */
export async function castVote({ head, ledger }: Pick<EngineCore, 'head' | 'ledger'>, { signer, address, signed, isReady }: Signing): Promise<Vote | null> {
  const last = signed.state.voted ?? { sourceHeight: 0, targetHeight: 0 }
  if (!isReady || head.height <= last.targetHeight) return null
  const { finality } = head.position
  const set = setAt(networkAt(head.position), head.height)
  const own = set.find((authority) => authority.address === address && authority.keyNumber === signer.keyNumber && equalBytes(authority.key.material, signer.publicKey.material))
  if (!own || set.length === 1 || head.content === null) return null
  const sourceHeight = finality.justifiedHeight
  const source = head.position.ancestor(sourceHeight)
  if (!source || sourceHeight < last.sourceHeight || sourceHeight >= head.height) return null
  const fields = { sourceHeight, sourceId: source.id, targetHeight: head.height, targetId: head.id }
  await signed.write({ voted: { sourceHeight, targetHeight: head.height, targetId: head.id } })
  const { keyNumber, signature } = await signStatement('vote', ledger.network, voteFields(fields), signer)
  return { voter: addressToBytes(address, 'tt'), keyNumber, ...fields, signature }
}
