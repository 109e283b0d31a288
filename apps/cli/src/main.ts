import { Command, CommanderError } from 'commander'
import { addCertificate } from './commands/certificate.ts'
import { addImport } from './commands/import.ts'
import { addInit } from './commands/init.ts'
import { addVerify } from './commands/verify.ts'
import { EXIT_USAGE, exitCodeOf } from './exit-code.ts'
import { showFailure } from './output.ts'

function createProgram(): Command {
  const program = new Command('telltale')
    .description('A tamper-evident ledger for what machines report.')
    .option('--data <dir>', 'data directory', process.env['TELLTALE_DATA'] ?? 'telltale-data')
    .option('--json', 'results as one JSON document')
    .option('--quiet', 'no progress')
    .option('--yes', 'do not ask')
    .showHelpAfterError('(see telltale --help)')
    .exitOverride()
  for (const add of [addInit, addImport, addCertificate, addVerify]) add(program)
  for (const command of program.commands) inheritOptions(command)
  return program
}

/** Options of the program may also stand behind the command, where people write them. */
function inheritOptions(command: Command): void {
  command.exitOverride()
  for (const sub of command.commands) inheritOptions(sub)
  if (command.commands.length > 0) return
  command.option('--data <dir>', 'data directory').option('--json', 'results as one JSON document').option('--quiet', 'no progress').option('--yes', 'do not ask')
}

async function main(): Promise<void> {
  const isJson = process.argv.includes('--json')
  try {
    await createProgram().parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed help or what was wrong with the arguments.
      if (isJson && error.exitCode !== 0) process.stdout.write(`${JSON.stringify({ error: { code: 'usage', message: error.message } }, null, 2)}\n`)
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE
      return
    }
    showFailure(error, isJson)
    process.exitCode = exitCodeOf(error)
  }
}

await main()
