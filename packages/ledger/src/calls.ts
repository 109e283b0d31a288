import type { Primitives } from '@telltale/core'
import type { Call } from './call.ts'
import { addStream, createAsset, createEnrolDevice, retireDevice, transfer } from './calls/asset.ts'
import { correction } from './calls/correction.ts'
import { evidence } from './calls/evidence.ts'
import { createFork } from './calls/fork.ts'
import { approve, propose, resumed } from './calls/governance.ts'
import { createAdmit, rotate, roles, sealKey, suspend } from './calls/identity.ts'
import { relay } from './calls/relay.ts'
import { forget, grant, record, resume } from './calls/stream.ts'

/** Every kind of transaction that the ledger knows, by number. Numbers are never reused. */
export function createCalls(primitives: Primitives): Map<number, Call<unknown>> {
  const all = [
    createAdmit(primitives),
    roles,
    suspend,
    rotate,
    sealKey,
    createAsset,
    createEnrolDevice(primitives),
    addStream,
    retireDevice,
    transfer,
    record,
    resume,
    grant,
    forget,
    relay,
    correction,
    createFork(primitives),
    propose,
    approve,
    evidence,
    resumed,
  ] as Call<unknown>[]
  return new Map(all.map((call) => [call.number, call]))
}
