import { TelltaleError, fail } from '@telltale/core'
import { inForce } from '@telltale/ledger'
import { identityOf, nextHeight } from './entries.ts'
import type { Home } from './home.ts'
import type { WalletKey } from './wallet.ts'

/** Whether an identity is a gateway now. */
export function isGateway(home: Home, address: string): boolean {
  const roles = inForce(identityOf(home, address)?.roles ?? [], nextHeight(home))
  return roles.some(({ name, expiryMs }) => name === 'gateway' && (expiryMs === null || expiryMs > Date.now()))
}

/** The key of this name, which has to be that of a gateway (`key-file-not-found`, `role-not-in-force` and the codes of key files). */
export async function requireGatewayKey(home: Home, name: string): Promise<WalletKey> {
  const key = await home.wallet.open(name).catch((error: unknown) => {
    if (!(error instanceof TelltaleError) || error.code !== 'key-file-not-found') throw error
    throw fail(error.code, `There is no key ${name} for a gateway. Make it with \`telltale keys new ${name} --data ${home.directory}\`, and admit it as docs/gateway.md says.`, { expected: 'the name of a key', found: name, cause: error })
  })
  if (isGateway(home, key.address)) return key
  throw fail('role-not-in-force', `The key ${name} (${key.address}) is not that of a gateway. An authority has to admit it first; docs/gateway.md has the command.`, { expected: 'an identity with the role gateway', found: name })
}
