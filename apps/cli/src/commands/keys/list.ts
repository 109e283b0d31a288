import type { Command } from 'commander'
import { createWallet } from '@telltale/node'
import type { WalletHead } from '@telltale/node'
import { table } from '../../layout.ts'
import type { Column } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'

const COLUMNS: Column[] = [
  { title: 'name', align: 'left' },
  { title: 'kind', align: 'left' },
  { title: 'algorithm', align: 'left' },
  { title: 'number', align: 'right' },
  { title: 'password', align: 'left' },
  { title: 'address', align: 'left' },
]

export function addKeysList(keys: Command): void {
  keys
    .command('list')
    .description('list the keys of a data directory; no password is needed')
    .addHelpText('after', `
Example:
  telltale keys list --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      const wallet = createWallet(options.data, undefined)
      const all = [...(await wallet.heads()), ...(await wallet.sealHeads())]
      const rows = all.map(({ name, head, isProtected }) => [name, head.kind, head.algorithm, String(head.keyNumber), isProtected ? 'yes' : 'no', head.address ?? ''])
      output.result({ keys: all.map(headToJson) }, all.length === 0 ? `There are no keys in ${options.data}.` : table(COLUMNS, rows))
    })
}

/** A key as `--json` shows it: nothing of its secret. */
export function headToJson({ name, head, isProtected }: WalletHead): Record<string, unknown> {
  const { kind, algorithm, keyNumber, address } = head
  return { name, kind, algorithm, keyNumber, address, isProtected }
}
