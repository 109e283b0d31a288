import { randomBytes } from 'node:crypto'
import { openGateway } from '@telltale/gateway'
import type { Gateway, GatewayComponents, GatewayEvent } from '@telltale/gateway'
import { createNodeDisk } from '@telltale/storage'
import type { FastifyBaseLogger } from 'fastify'
import type { WalletKey } from '../home/wallet.ts'

export interface OpenedGatewayInit extends Pick<GatewayComponents, 'network' | 'authorities' | 'follow' | 'submitter' | 'registry' | 'directory' | 'primitives' | 'limits' | 'statementDelayMs'> {
  key: WalletKey
  log: FastifyBaseLogger
  onFailure?(event: Extract<GatewayEvent, { kind: 'failed' }>): void
}

/** A gateway on this machine's disk, clock and randomness, whether it runs alone or in a node (the codes of `openGateway`). */
export function openGatewayHere({ key, log, onFailure = () => undefined, ...rest }: OpenedGatewayInit): Promise<Gateway> {
  return openGateway({
    ...rest,
    signer: key.signer,
    address: key.address,
    disk: createNodeDisk(),
    clock: { nowMs: Date.now },
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
    report(event) {
      tell(log, event)
      if (event.kind === 'failed') onFailure(event)
    },
  })
}

function tell(log: FastifyBaseLogger, { kind, ...facts }: GatewayEvent): void {
  if (kind === 'failed') log.error(facts, kind)
  else if (kind === 'upstream-back') log.info(facts, kind)
  else log.warn(facts, kind)
}
