import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import { exportChain, openHomeLedger } from '@telltale/node'
import type { ChainExport } from '@telltale/node'
import { Interrupted } from '../../failure.ts'
import { bytesText, countText, quantityText } from '../../figures.ts'
import { catchInterrupts } from '../../interrupts.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { writeResultPieces } from '../../result-file.ts'

export function addChainExport(chain: Command): void {
  chain
    .command('export')
    .description('write all final blocks with their attachments and cosignatures into one file')
    .argument('<file>', 'file to write')
    .addHelpText('after', `
No key is needed, and none is in the file; what is sealed stays sealed. The node
of the directory has to be stopped. Whoever gets the file takes it with
\`telltale chain import\`, which checks everything in it.

Examples:
  telltale chain export my-car.chain --data my-car`)
    .action(async (path: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      const interrupts = catchInterrupts(() => output.say('Stopping; nothing is written.'))
      const progress = output.progress('Exporting')
      const opened = await openHomeLedger(options.data)
      try {
        const write = async (put: (bytes: Uint8Array) => Promise<void>): Promise<ChainExport> => exportChain(opened, { write: put, onBlock: (height, target) => progress.update(height, target, 'blocks'), signal: interrupts.signal })
        const done = await writeResultPieces(path, { isOwn: isChainFile, kind: 'chain file', yes: options.yes }, write)
        progress.end()
        output.result({ file: path, network: bytesToHex(opened.ledger.network), ...done }, textOf(path, done))
      } catch (error) {
        if (interrupts.received) throw new Interrupted(interrupts.received, `${path} was not written.`)
        throw error
      } finally {
        progress.end()
        interrupts.release()
        await opened.close()
      }
    })
}

function isChainFile(head: Uint8Array): boolean {
  return Buffer.from(head).subarray(20, 30).equals(Buffer.from([0x84, 0x68, ...Buffer.from('tt-chain')]))
}

function textOf(path: string, { height, transactions, attachments, dropped, cosignatures, bytes }: ChainExport): string {
  return [
    `Wrote ${path}: ${bytesText(bytes)}.`,
    `blocks        ${countText(height)}`,
    `transactions  ${countText(transactions)}`,
    `attachments   ${countText(attachments)}${dropped === 0 ? '' : `; ${quantityText(dropped, 'body', 'bodies')} had been dropped`}`,
    `cosignatures  ${countText(cosignatures)}`,
  ].join('\n')
}
