import { Option } from 'commander'
import type { Command } from 'commander'
import { ALGORITHMS } from '@telltale/core'
import { createOutput } from './output.ts'
import type { Output } from './output.ts'

/** Options that every command takes. */
export interface GlobalOptions {
  data: string
  json?: boolean
  quiet?: boolean
  yes?: boolean
}

/** Where data lies if nobody says otherwise. */
const DATA_DEFAULT = 'telltale-data'

/** The options that every command takes, on the program and, so that its help shows them, on each command. */
export function addGlobalOptions(command: Command, isProgram: boolean): void {
  const where = new Option('--data <dir>', isProgram ? 'data directory' : `data directory; ${DATA_DEFAULT} if not given`).env('TELLTALE_DATA')
  command.addOption(isProgram ? where.default(DATA_DEFAULT) : where)
  command.option('--json', 'results as one JSON document; streams as one JSON value a line')
  command.option('--quiet', 'no progress, no remarks')
  command.option('--yes', 'do not ask')
}

/** The data directory of whoever said nothing on the command line. */
export function dataDirectory(): string {
  const named = process.env['TELLTALE_DATA']
  return named === undefined || named === '' ? DATA_DEFAULT : named
}

export function outputOf(options: GlobalOptions): Output {
  return createOutput({ isJson: options.json === true, isQuiet: options.quiet === true })
}

export function algorithmOption(): Option {
  return new Option('--algorithm <name>', 'algorithm of new keys').choices(ALGORITHMS).default('EdDSA')
}
