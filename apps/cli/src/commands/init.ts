import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { addAccount, admissionCommand, initHolderHome, requireAccountName, requireAccountPassword, requireGenesis, requireNewDirectory } from '@telltale/node'
import type { Home } from '@telltale/node'
import { UsageError } from '../failure.ts'
import { SMALL_FILE_BYTES_MAX, readInputBytes } from '../input-file.ts'
import { requireNetworkName } from '../network-name.ts'
import { readAge } from '../retention-age.ts'
import { algorithmOption, outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { isAnyoneThere, passwordForNewKeys, promptLine, promptTwice, readPasswordFile } from '../password.ts'
import { createData, withHome } from '../session.ts'

interface InitOptions extends GlobalOptions {
  name?: string
  join?: string
  algorithm: Algorithm
  retention?: string
  account?: string
  accountPasswordFile?: string
}

export function addInit(program: Command): void {
  program
    .command('init')
    .description('make a network of your own, with one authority')
    .option('--name <name>', 'name of the network, shown beside its fingerprint')
    .option('--join <genesis>', 'join a network that others began: the file that any of its nodes gives at /v1/genesis')
    .addOption(algorithmOption())
    .option('--retention <age>', 'attachments of blocks that are older may be dropped: 90d, 36h, 45m; kept for ever if not given')
    .option('--account <name>', 'a first account for the pages and the API, role admin')
    .option('--account-password-file <file>', 'file that holds its password; asked for if not given')
    .addHelpText('after', `
\`telltale import\` does this by itself where there is no network yet; use init to
give it a name. With an account the node asks everybody who they are; on a
terminal you are asked for one. More: telltale accounts --help

Examples:
  telltale init --data my-network --name "North Rail"
  telltale init --data member --join north-rail.genesis
  telltale init --data my-network --retention 90d
  telltale init --data my-network --account anna`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<InitOptions>()
      const output = outputOf(options)
      if (options.join !== undefined) return join(options.join, options, output)
      if (options.name !== undefined) requireNetworkName(options.name)
      const retentionMs = options.retention === undefined ? null : readAge(options.retention)
      // Before anybody is asked for anything.
      await requireNewDirectory(options.data)
      const account = await firstAccount(options, output)
      const password = await createData(options.data, output, { ...options, retentionMs })
      if (account) await addAccount(options.data, { ...account, role: 'admin', nowMs: Date.now() })
      const show = async (home: Home): Promise<void> => {
        const authority = await home.wallet.open(home.profile.authority)
        const document = { data: options.data, network: bytesToHex(home.ledger.network), authority: authority.address, account: account?.name ?? null }
        output.result(document, `A new network in ${options.data}.\nnetwork   ${document.network}\nauthority ${document.authority}${account ? `\naccount   ${account.name}` : ''}`)
        output.say(`\nNext: telltale import LOG --dbc DATABASE --map MAPPING --data ${options.data}`)
      }
      await withHome(options.data, output, show, { password })
    })
}

/** The account that is asked for, or that somebody who is there wants; null for none. Its password is checked before anything is made. */
async function firstAccount({ account, accountPasswordFile: file }: InitOptions, output: Output): Promise<{ name: string; password: string } | null> {
  const canAsk = isAnyoneThere() && !output.isJson
  const given = account ?? (canAsk ? await promptLine('Name of a first account for the pages (empty for none)') : '')
  if (account === undefined && given === '') {
    if (file !== undefined) throw new UsageError('usage', '--account-password-file needs --account.', { expected: '--account NAME', found: 'none' })
    return null
  }
  const name = requireAccountName(given)
  if (file === undefined && !canAsk) throw new UsageError('password-required', `There is nobody to ask for the password of ${name}; name a file that holds it with --account-password-file.`, { expected: '--account-password-file FILE', found: 'none' })
  const password = file === undefined ? await promptTwice(`Password for the account ${name}`) : await readPasswordFile(file)
  requireAccountPassword(password)
  return { name, password }
}

async function join(file: string, options: InitOptions, output: Output): Promise<void> {
  if (options.name !== undefined) throw new UsageError('usage', 'A network that is joined has its name already.', { expected: '--name or --join', found: 'both' })
  if (options.retention !== undefined) throw new UsageError('usage', 'A network that is joined has chosen already how long it keeps attachments.', { expected: '--retention or --join', found: 'both' })
  const genesis = await readInputBytes(file, SMALL_FILE_BYTES_MAX)
  await requireGenesis(genesis, file)
  await requireNewDirectory(options.data)
  const { network, key } = await initHolderHome({ directory: options.data, password: await passwordForNewKeys(output), algorithm: options.algorithm, genesis })
  const admission = await admissionCommand(key, network, null, [['member', null, null]])
  const document = { data: options.data, network: bytesToHex(network), member: key.address, admission }
  output.result(document, `A node of the network in ${options.data}.\nnetwork  ${document.network}\nmember   ${document.member}`)
  output.say('\nCompare the network with what its authorities say it is. Next:')
  output.sayCommand(`  telltale start --data ${options.data} --peer-listen /ip4/0.0.0.0/tcp/8363 --peers ADDRESS`)
  output.say('\nWhere its nodes let in only who is admitted, and for all that this member is to sign, an authority runs this once, with --data or --node:')
  output.sayCommand(`  ${admission}`)
}
