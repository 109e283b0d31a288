import { fail, judge } from '@telltale/core'
import type { Primitives, TelltaleError } from '@telltale/core'
import { createPeerChain, requireLoneAuthority } from '@telltale/consensus'
import type { Chain, SignatureVerifier } from '@telltale/consensus'
import type { Ledger } from '@telltale/ledger'
import { systemClock } from '../peers/system-clock.ts'
import type { WalletKey } from './wallet.ts'

interface HeldChainInit {
  ledger: Ledger
  own: WalletKey
  primitives: Primitives
  verifier: SignatureVerifier
}

/** What is held of a ledger that this directory does not seal alone, to be read; whatever would be sent is refused (the codes of `requireLoneAuthority`). Null where it does. */
export async function openHeldChain({ ledger, own, primitives, verifier }: HeldChainInit): Promise<Chain | null> {
  const alone = judge(() => requireLoneAuthority(ledger, own.address, own.signer))
  if (alone.ok) return null
  const { code, message, expected, found } = alone.verdict
  const refusal = (): TelltaleError => fail(code, `${message} Here it can be read. To send something, start the node with --peer-listen, or name one that runs with --node.`, { ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) })
  const chain = await createPeerChain({
    ledger,
    primitives,
    verifier,
    clock: systemClock,
    exchange: { publish: () => undefined, ask: async () => Promise.reject(refusal()), peers: () => [], blame: () => undefined },
    branchLog: { isWhole: false, load: async () => [], append: async () => undefined, settle: async () => undefined },
    own: null,
  })
  // Nothing changes any more: what the engine has now is what it has.
  return { ...chain, submit: async () => Promise.reject(refusal()), submitRead: async () => Promise.reject(refusal()) }
}
