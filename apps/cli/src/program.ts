import { Command, CommanderError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { addAsset } from './commands/asset.ts'
import { addCertificate } from './commands/certificate.ts'
import { addChain } from './commands/chain.ts'
import { addConfig } from './commands/config.ts'
import { addDemo } from './commands/demo.ts'
import { addDevice } from './commands/device.ts'
import { addExport } from './commands/export.ts'
import { addGateway } from './commands/gateway.ts'
import { addImport } from './commands/import.ts'
import { addInit } from './commands/init.ts'
import { addKeys } from './commands/keys.ts'
import { addSend } from './commands/send.ts'
import { addStart } from './commands/start.ts'
import { addStatus } from './commands/status.ts'
import { addStore } from './commands/store.ts'
import { addVerify } from './commands/verify.ts'
import { EXIT_DONE, EXIT_USAGE, exitCodeOf } from './exit-code.ts'
import { askMenu } from './menu.ts'
import { addGlobalOptions, dataDirectory } from './options.ts'
import { allowClosedReaders, showFailure } from './output.ts'
import { isAnyoneThere } from './password.ts'

/** In the order in which the help shows them. */
const COMMANDS = [
  addDemo,
  addInit,
  addStart,
  addGateway,
  addStatus,
  addImport,
  addCertificate,
  addVerify,
  addExport,
  addKeys,
  addAsset,
  addDevice,
  addSend,
  addChain,
  addStore,
  addConfig,
]

function createProgram(): Command {
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
  for (const add of COMMANDS) add(program)
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
  if (command.commands.length === 0) addGlobalOptions(command, false)
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

/** Runs the command that the arguments of the process ask for, and sets its exit code. */
export async function runProgram(): Promise<void> {
  allowClosedReaders()
  const isJson = process.argv.includes('--json')
  const program = createProgram()
  let running: string | null = null
  program.hook('preAction', (_, action) => {
    running = action.name()
  })
  try {
    if (process.argv.length > 2) await program.parseAsync()
    else if (isAnyoneThere()) await program.parseAsync(await askMenu(dataDirectory()), { from: 'user' })
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
