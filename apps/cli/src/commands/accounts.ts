import { Option } from 'commander'
import type { Command } from 'commander'
import { ACCOUNT_PASSWORD_CHARACTERS_MIN, ROLES, addAccount, readAccounts, removeAccount, requireAccountName, requireData, setAccountPassword, setAccountRole } from '@telltale/node'
import type { Role } from '@telltale/node'
import { UsageError } from '../failure.ts'
import { timeText } from '../figures.ts'
import { table } from '../layout.ts'
import type { Column } from '../layout.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import { confirm, passwordForAccount } from '../password.ts'

const COLUMNS: Column[] = [
  { title: 'name', align: 'left' },
  { title: 'role', align: 'left' },
  { title: 'created', align: 'left' },
  { title: 'last log-in', align: 'left' },
]

export function addAccounts(program: Command): void {
  const accounts = program.command('accounts').description('who may log in at the node of a data directory; works while it runs')
  for (const add of [addAdd, addList, addRemove, addPassword, addRole]) add(accounts)
}

/** `--role`, with the least as what is meant where nothing is said. */
export function roleOption(): Option {
  return new Option('--role <role>', 'reader: read; operator: write too; admin: as operator, for who runs the node').choices(ROLES).default('reader')
}

function addAdd(accounts: Command): void {
  accounts
    .command('add')
    .description('add an account')
    .argument('<name>', 'name to log in with, such as anna or anna@example.org')
    .addOption(roleOption())
    .addHelpText('after', `
The password is asked for, or read from the file that TELLTALE_PASSWORD_FILE names.
It has at least ${ACCOUNT_PASSWORD_CHARACTERS_MIN} characters. From the first account on the node asks everybody
who they are, on this machine too.

Examples:
  telltale accounts add anna --role admin --data my-car
  TELLTALE_PASSWORD_FILE=password telltale accounts add bert`)
    .action(async (given: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { role: Role }>()
      requireData(options.data)
      const name = requireAccountName(given)
      await addAccount(options.data, { name, role: options.role, password: await passwordForAccount(name), nowMs: Date.now() })
      outputOf(options).result({ name, role: options.role }, `Added the account ${name}, role ${options.role}.`)
    })
}

function addList(accounts: Command): void {
  accounts
    .command('list')
    .description('list the accounts')
    .addHelpText('after', `
Example:
  telltale accounts list --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      requireData(options.data)
      const all = readAccounts(options.data)?.accounts ?? []
      const rows = all.map(({ name, role, createdMs, lastLogInMs }) => [name, role, timeText(createdMs), lastLogInMs === null ? 'never' : timeText(lastLogInMs)])
      const document = { accounts: all.map(({ name, role, createdMs, lastLogInMs }) => ({ name, role, createdMs, lastLogInMs })) }
      outputOf(options).result(document, all.length === 0 ? `There are no accounts in ${options.data}.` : table(COLUMNS, rows))
    })
}

function addRemove(accounts: Command): void {
  accounts
    .command('remove')
    .description('remove an account; whoever is logged in with it is out')
    .argument('<name>', 'name of the account')
    .addHelpText('after', `
Without any account a node that only this machine can reach asks nobody who they are.

Example:
  telltale accounts remove bert --data my-car --yes`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      requireData(options.data)
      await confirm(`Remove the account ${name}?`, options)
      const left = await removeAccount(options.data, name)
      const output = outputOf(options)
      output.result({ removed: name, left }, `Removed the account ${name}.`)
      if (left === 0) output.warn('That was the last account: a node that only this machine can reach now asks nobody who they are.')
    })
}

function addPassword(accounts: Command): void {
  accounts
    .command('password')
    .description('set a new password; it ends every session of the account')
    .argument('<name>', 'name of the account')
    .addHelpText('after', `
The new password is asked for, or read from the file that TELLTALE_PASSWORD_FILE names.

Example:
  telltale accounts password anna --data my-car`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      requireData(options.data)
      await setAccountPassword(options.data, name, await passwordForAccount(name))
      outputOf(options).result({ name }, `Set a new password for ${name}; whoever was logged in with the account is out.`)
    })
}

function addRole(accounts: Command): void {
  accounts
    .command('role')
    .description('give an account another role; it holds at once')
    .argument('<name>', 'name of the account')
    .argument('<role>', ROLES.join(', '))
    .addHelpText('after', `
Example:
  telltale accounts role bert operator --data my-car`)
    .action(async (name: string, given: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      requireData(options.data)
      const role = readRole(given)
      await setAccountRole(options.data, name, role)
      outputOf(options).result({ name, role }, `${name} is ${role} now.`)
    })
}

function readRole(given: string): Role {
  const role = ROLES.find((item) => item === given)
  if (role === undefined) throw new UsageError('option-out-of-range', `${given.slice(0, 40)} is no role.`, { expected: ROLES.join(', '), found: given.slice(0, 40) })
  return role
}
