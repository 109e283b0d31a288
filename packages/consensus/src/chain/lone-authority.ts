import { equalBytes, fail } from '@telltale/core'
import type { Cbor, Signer } from '@telltale/core'
import type { Ledger, ReadTransaction } from '@telltale/ledger'

const CALL_ROTATE = 4
const CALL_PROPOSE = 32

/** The engine seals alone, as the one authority that is in force (`not-an-authority`, `needs-peers`). */
export function requireLoneAuthority(ledger: Ledger, address: string, signer: Signer): void {
  const set = ledger.authorities(ledger.position.height + 1)
  const own = set.find((authority) => authority.address === address)
  if (!own || own.keyNumber !== signer.keyNumber || !equalBytes(own.key.material, signer.publicKey.material)) {
    throw fail('not-an-authority', `${address} is not an authority of this network with the key at hand.`, { expected: set.map((authority) => authority.address).join(', '), found: address })
  }
  const { sealers, workBits } = ledger.parameters(ledger.position.height + 1)
  if (sealers === 'anyone' || workBits > 0) throw fail('needs-peers', 'Blocks of this network show work, which a node does among others: start it with --peer-listen.', { expected: 'blocks without work', found: `sealers ${sealers}, work ${workBits}` })
  if (set.length > 1) throw fail('needs-peers', 'This network has several authorities; one alone cannot certify for it.', { expected: 'one authority', found: String(set.length) })
}

/**
 * Whatever would put another authority, another key or work in force is refused before it is pooled (`one-authority-only`): from the block on in which it held, this engine
 * could seal no more, and nobody would be there to go on.
 */
export function requireSetKept(ledger: Ledger, { transaction }: ReadTransaction): void {
  const { call, sub, args } = transaction
  const isRotation = call === CALL_ROTATE && ledger.authorities(ledger.position.height + 1).some((authority) => authority.address === sub)
  const proposed = call === CALL_PROPOSE ? refusedProposal(args) : null
  if (!isRotation && !proposed) return
  throw fail('one-authority-only', 'This node seals alone, with one key: authorities and their keys cannot change while it does, nor who seals at what cost.', {
    expected: 'a transaction that leaves the set of authorities as it is',
    found: isRotation ? `a new key for ${sub}` : `the proposal ${proposed}`,
  })
}

function refusedProposal([kind, value]: Cbor[]): string | null {
  if (kind === 'add-authority' || kind === 'remove-authority') return kind
  const asksForWork = kind === 'parameters' && value instanceof Map && (value.get('sealers') === 'anyone' || (value.get('work') ?? 0) !== 0)
  return asksForWork ? 'parameters with work' : null
}
