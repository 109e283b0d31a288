import type { Command } from 'commander'
import type { ResolvedSetting } from '@telltale/node'
import { table } from '../layout.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import { addSettings, settingsOf } from '../settings-flags.ts'

export function addConfig(program: Command): void {
  const config = program.command('config').description('what a node is told to do')
  addSettings(config.command('show'))
    .description('every setting, and who set it: flag, variable, file or nobody')
    .addHelpText('after', `
A flag wins over TELLTALE_NAME, that over config.json in the data directory.

Examples:
  telltale config show --data my-car
  TELLTALE_LOG_LEVEL=debug telltale config show --data my-car --json`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const { all } = await settingsOf(command, options.data)
      outputOf(options).result({ data: options.data, settings: all }, textOf(all))
    })
}

function textOf(all: ResolvedSetting[]): string {
  const rows = all.map(({ name, value, source, from }) => [name, value === '' ? '-' : String(value), source, from ?? ''])
  return table([{ title: 'setting', align: 'left' }, { title: 'value', align: 'left' }, { title: 'set by', align: 'left' }, { title: 'where', align: 'left' }], rows)
}
