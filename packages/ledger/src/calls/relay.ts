import { asArray, asBytes, asUint, bytesToHex, bytesToMapKey, wrongShape } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { holdsRole } from '../authority.ts'
import { refuse } from '../call.ts'
import type { Call } from '../call.ts'
import { RELAYED_MAX } from '../limits.ts'

/** What a gateway took from devices and passed on, and when by its own clock, Unix milliseconds: so what is in them was observed before. */
interface Relay {
  ids: Uint8Array[]
  timeMs: number
}

/** [[+ id], ms] (`wrong-shape`). */
function readRelay(args: Cbor[]): Relay {
  const [ids, timeMs] = asArray(args, 'relay', 2)
  const list = asArray(ids, 'relayed ids').map((id) => asBytes(id, 'relayed id', 32))
  if (list.length === 0 || list.length > RELAYED_MAX) throw wrongShape('relayed ids', `1 to ${RELAYED_MAX}`, ids)
  if (new Set(list.map(bytesToMapKey)).size !== list.length) throw wrongShape('relayed ids', 'each once', ids)
  return { ids: list, timeMs: asUint(timeMs, 'relay time') }
}

/** 20 relay: a gateway puts its name to what it passed on. It says so afterwards, so that nobody can name what never came. */
export const relay: Call<Relay> = {
  number: 20,
  name: 'relay',
  read: readRelay,
  judge(context, { ids }) {
    const { iss, sub } = context.transaction
    if (iss !== sub) return refuse('wrong-subject', 'The subject of this call is its sender.', iss, sub)
    if (!holdsRole(context, iss, 'gateway')) return refuse('role-not-in-force', `${iss} is not a gateway.`, 'an identity with the role gateway', iss)
    const unknown = ids.find((id) => !context.hasTransaction(id))
    return unknown ? refuse('unknown-citation', 'The relay names a transaction that is not in the log.', 'ids of earlier transactions', bytesToHex(unknown)) : null
  },
  // That it happened is what the ledger keeps: the log entry is the effect.
  apply: () => undefined,
}
