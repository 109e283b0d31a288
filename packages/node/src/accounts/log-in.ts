import { fail } from '@telltale/core'
import { noteLogIn } from './account-changes.ts'
import { toAccountName } from './accounts-format.ts'
import type { Account } from './accounts-format.ts'
import type { AccountsView } from './accounts-view.ts'
import { isPasswordOf, refusePassword } from './password-hash.ts'
import { createPauses, requireNoPause } from './pauses.ts'
import { createTurns } from '../api/turns.ts'

export interface LogInRequest {
  name: string
  password: string
  /** Where it comes from. */
  address: string
}

export interface LogIn {
  /** How long whoever asks has to wait before anything is checked for them. */
  leftMs(request: LogInRequest): number
  /** The account, where the password is its own. */
  check(request: LogInRequest): Promise<Account>
}

export interface LogInInit {
  accounts: AccountsView
  clock: { nowMs(): number }
  /** The time of the last log-in could not be noted; whoever logged in is let in all the same. */
  onTrouble(error: unknown): void
}

/** Failures that are forgiven: people mistype. */
const FREE = 5
/** Longer for an address than for a name: otherwise one stranger could keep somebody out for good. */
const ACCOUNT_PAUSE_MS_MAX = 60_000
const ADDRESS_PAUSE_MS_MAX = 900_000
/** Each check takes 64 MiB and a tenth of a second: one at a time, and this many wait. */
const WAITING_MAX = 16

/**
 * Checks names and passwords. Whether the name or the password was wrong cannot be told from the answer or from how long it takes. Codes: `too-many-attempts`,
 * before anything is checked; `busy`; `wrong-log-in`; `accounts-damaged`.
 */
export function createLogIn({ accounts: view, clock, onTrouble }: LogInInit): LogIn {
  const byAccount = createPauses({ free: FREE, pauseMsMax: ACCOUNT_PAUSE_MS_MAX, clock })
  const byAddress = createPauses({ free: FREE, pauseMsMax: ADDRESS_PAUSE_MS_MAX, clock })
  const inTurn = createTurns(WAITING_MAX, 'Many people are logging in; try again in a moment.')
  const leftMs: LogIn['leftMs'] = ({ name, address }) => Math.max(byAccount.leftMs(toAccountName(name)), byAddress.leftMs(placeOf(address)))
  const check: LogIn['check'] = async (request) => {
    const { password } = request
    const [name, place] = [toAccountName(request.name), placeOf(request.address)]
    requireNoPause(leftMs(request))
    const { accounts } = view.read()
    const account = accounts.find((item) => item.name === name)
    byAccount.charge(name)
    byAddress.charge(place)
    const compare = (): Promise<boolean> => (account ? isPasswordOf(password, account.password) : refusePassword(password, accounts[0]?.password))
    const isRight = await inTurn(compare).catch((error: unknown) => {
      // Nothing was checked: that is nobody's failure.
      byAccount.refund(name)
      byAddress.refund(place)
      throw error
    })
    if (!account || !isRight) throw fail('wrong-log-in', 'There is no account of this name with this password.', { expected: 'name and password of an account', found: 'others' })
    byAccount.forget(name)
    byAddress.refund(place)
    await noteLogIn(view.directory, name, clock.nowMs()).catch(onTrouble)
    return account
  }
  return { leftMs, check }
}

/** Whoever has one address of version 6 has all of its 2^64 neighbours: they count as one. */
function placeOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address
  const [head = '', tail] = address.split('::', 2)
  const groups = head.split(':')
  const rest = tail === undefined ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length)
  return [...groups, ...Array.from({ length: zeros }, () => '0'), ...rest].slice(0, 4).map((group) => group || '0').join(':')
}
