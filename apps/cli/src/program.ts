import { Command, CommanderError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { EXIT_DONE, EXIT_USAGE, exitCodeOf } from './exit-code.ts'
import { refuseNode } from './here-only.ts'
import { addGlobalOptions, dataDirectory } from './options.ts'
import { allowClosedReaders, showFailure } from './output.ts'
import { isAnyoneThere } from './password.ts'

/** In the order in which the help shows them. Each is loaded when it is needed: a command that starts in a fifth of a second is used without thinking. */
const COMMANDS: Record<string, () => Promise<(program: Command) => unknown>> = {
  demo: async () => (await import('./commands/demo.ts')).addDemo,
  init: async () => (await import('./commands/init.ts')).addInit,
  start: async () => (await import('./commands/start.ts')).addStart,
  gateway: async () => (await import('./commands/gateway.ts')).addGateway,
  status: async () => (await import('./commands/status.ts')).addStatus,
  import: async () => (await import('./commands/import.ts')).addImport,
  certificate: async () => (await import('./commands/certificate.ts')).addCertificate,
  verify: async () => (await import('./commands/verify.ts')).addVerify,
  export: async () => (await import('./commands/export.ts')).addExport,
  keys: async () => (await import('./commands/keys.ts')).addKeys,
  accounts: async () => (await import('./commands/accounts.ts')).addAccounts,
  tokens: async () => (await import('./commands/tokens.ts')).addTokens,
  asset: async () => (await import('./commands/asset.ts')).addAsset,
  device: async () => (await import('./commands/device.ts')).addDevice,
  send: async () => (await import('./commands/send.ts')).addSend,
  chain: async () => (await import('./commands/chain.ts')).addChain,
  peers: async () => (await import('./commands/peers.ts')).addPeers,
  testnet: async () => (await import('./commands/testnet.ts')).addTestnet,
  mine: async () => (await import('./commands/mine.ts')).addMine,
  store: async () => (await import('./commands/store.ts')).addStore,
  config: async () => (await import('./commands/config.ts')).addConfig,
}

/** The command that is asked for; all of them where the first argument names none. */
async function loadCommands(args: readonly string[]): Promise<((program: Command) => unknown)[]> {
  const [first = ''] = args
  const wanted = Object.hasOwn(COMMANDS, first) ? [first] : Object.keys(COMMANDS)
  return Promise.all(wanted.map((name) => COMMANDS[name]!()))
}

async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('telltale')
    .description('A tamper-evident ledger for what machines report.')
    .version(manifest.version, '-V, --version', 'show the version')
    .addHelpText('after', `
\`telltale COMMAND --help\` shows what a command takes, with examples.
Where to begin:
  telltale demo

Exit codes: 0 done, 1 refused or damage found, 2 used wrongly or unreadable;
of verify: 0 holds, 1 refuted, 2 unreadable, 3 a question is open.`)
    .configureOutput({ outputError: (text, write) => write(`telltale: ${wordsOf(text)}\n`) })
  addGlobalOptions(program, true)
  for (const add of await loadCommands(args)) add(program)
  for (const command of [program, ...program.commands]) prepare(command, program)
  return program
}

/** Options of the program may also stand behind the command, where people write them; no command ends the process by itself. */
function prepare(command: Command, program: Command): void {
  command.exitOverride().helpCommand(false)
  command.copyInheritedSettings(program)
  command.showHelpAfterError(`(see ${pathOf(command)} --help)`)
  if (command === program) return
  for (const sub of command.commands) prepare(sub, program)
  if (command.commands.length > 0) return
  addGlobalOptions(command, false)
  refuseNode(command, pathOf(command).slice('telltale '.length))
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

/** Commander's words without its prefix. */
function wordsOf(text: string): string {
  return text.replace(/^error: /, '').trim()
}

const USAGE_CODES: Record<string, string> = { 'commander.unknownCommand': 'unknown-command', 'commander.unknownOption': 'unknown-option' }

/** Commander has printed its help or what was wrong with the arguments. */
function endOfCommander(error: CommanderError, isJson: boolean): number {
  if (error.exitCode === 0) return EXIT_DONE
  if (isJson) showFailureDocument(USAGE_CODES[error.code] ?? 'usage', error.code === 'commander.help' ? 'a command is missing' : wordsOf(error.message))
  return EXIT_USAGE
}

function showFailureDocument(code: string, message: string): void {
  process.stdout.write(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`)
}

/** Runs the command that the arguments of the process ask for, or what a menu asks for where nothing was typed on a terminal, and sets its exit code. */
export async function runProgram(): Promise<void> {
  allowClosedReaders()
  const typed = process.argv.slice(2)
  if (typed.length > 0 || !isAnyoneThere()) return runCommand(typed)
  const { runMenu } = await import('./menu.ts')
  await runMenu(dataDirectory(), runCommand)
}

async function runCommand(args: string[]): Promise<void> {
  const isJson = args.includes('--json')
  let running: string | null = null
  try {
    const program = await createProgram(args)
    program.hook('preAction', (_, action) => {
      running = action.name()
    })
    if (args.length > 0) await program.parseAsync(args, { from: 'user' })
    else program.outputHelp()
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = endOfCommander(error, isJson)
      return
    }
    showFailure(error, { isJson, isStream: running === 'export' })
    process.exitCode = exitCodeOf(error, running)
  }
}
