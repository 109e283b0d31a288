import { Option } from 'commander'
import type { Command } from 'commander'
import { TOKEN_DAYS_USUAL, addToken, readAccounts, requireData, revokeToken } from '@telltale/node'
import type { Role } from '@telltale/node'
import { timeText } from '../figures.ts'
import { table } from '../layout.ts'
import type { Column } from '../layout.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import { roleOption } from './accounts.ts'

const COLUMNS: Column[] = [
  { title: 'name', align: 'left' },
  { title: 'role', align: 'left' },
  { title: 'created', align: 'left' },
  { title: 'expires', align: 'left' },
]

export function addTokens(program: Command): void {
  const tokens = program.command('tokens').description('what machines bring to the node of a data directory; works while it runs')
  for (const add of [addAdd, addList, addRevoke]) add(tokens)
}

function addAdd(tokens: Command): void {
  tokens
    .command('add')
    .description('make a token for a machine; it is shown once')
    .argument('<name>', 'name of the token, such as backup-server')
    .addOption(roleOption())
    .addOption(new Option('--expires <days>', 'days that it is valid').default(String(TOKEN_DAYS_USUAL)))
    .addHelpText('after', `
The machine sends it as Authorization: Bearer TOKEN; commands take a file that
holds it with --token-file.

Example:
  telltale tokens add exporter --role reader --expires 30 --data my-car`)
    .action(async (given: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { role: Role; expires: string }>()
      requireData(options.data)
      const { token, text } = await addToken(options.data, { name: given, role: options.role, days: Number(options.expires), nowMs: Date.now() })
      const { name, role, expiresMs } = token
      const output = outputOf(options)
      output.result({ name, role, expiresMs, token: text }, text)
      output.say(`\nThe token ${name}, role ${role}, valid until ${timeText(expiresMs)}. It is not shown again.`)
    })
}

function addList(tokens: Command): void {
  tokens
    .command('list')
    .description('list the tokens')
    .addHelpText('after', `
Example:
  telltale tokens list --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      requireData(options.data)
      const nowMs = Date.now()
      const all = (readAccounts(options.data)?.tokens ?? []).map(({ name, role, createdMs, expiresMs }) => ({ name, role, createdMs, expiresMs, isExpired: nowMs >= expiresMs }))
      const rows = all.map(({ name, role, createdMs, expiresMs, isExpired }) => [name, role, timeText(createdMs), isExpired ? `expired ${timeText(expiresMs)}` : timeText(expiresMs)])
      outputOf(options).result({ tokens: all }, all.length === 0 ? `There are no tokens in ${options.data}.` : table(COLUMNS, rows))
    })
}

function addRevoke(tokens: Command): void {
  tokens
    .command('revoke')
    .description('revoke a token; it is refused from the next request on')
    .argument('<name>', 'name of the token')
    .addHelpText('after', `
Example:
  telltale tokens revoke exporter --data my-car`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      requireData(options.data)
      await revokeToken(options.data, name)
      outputOf(options).result({ revoked: name }, `Revoked the token ${name}.`)
    })
}
