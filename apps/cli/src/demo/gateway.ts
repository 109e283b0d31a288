import { createHttpLink } from '@telltale/device'
import type { Submitter } from '@telltale/device'
import { ensureIdentity, isGateway } from '@telltale/node'
import type { Home } from '@telltale/node'
import type { Service } from '@telltale/node/service'

const GATEWAY_KEY = 'gateway'

/** Name of the key of the demonstration's gateway, made and admitted if it is not yet; empty where somebody gave that name to something else: it goes on without. */
export async function demoGateway(home: Home): Promise<string> {
  const { address } = await ensureIdentity(home, GATEWAY_KEY, 'EdDSA', [['gateway', null, null]])
  return isGateway(home, address) ? GATEWAY_KEY : ''
}

/** The way that a car takes on the road: over HTTP to the gateway. Null where there is none, and over TLS, whose certificate need not be one for this machine. */
export function gatewayWay({ ledger, primitives }: Home, { gateway }: Service): Submitter | null {
  if (gateway === null || gateway.url.startsWith('https:')) return null
  return createHttpLink({ url: gateway.url, kind: 'gateway', token: null, network: ledger.network, authorities: () => ledger.authorities(ledger.position.height + 1), primitives })
}
