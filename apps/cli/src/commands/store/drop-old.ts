import type { Command } from 'commander'
import { askRunningToDropOld, dropOldData } from '@telltale/node'
import type { DataDropped } from '@telltale/node'
import { Interrupted } from '../../failure.ts'
import { bytesText, countText, quantityText } from '../../figures.ts'
import { catchInterrupts } from '../../interrupts.ts'
import { hang } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import type { Output } from '../../output.ts'
import { ageText } from '../../retention-age.ts'

export function addStoreDropOld(store: Command): void {
  store
    .command('drop-old')
    .description('drop the attachments that the network keeps no longer')
    .addHelpText('after', `
Bodies of records in blocks that are older than the network's retention, counted to
its newest final block, are erased and their space is freed; blocks, leaves and
proofs stay, and certificates made before still verify. A running node does this
by itself, a little later, and does it at once when asked here. Ctrl-C stops it;
the next time goes on there. How long a network keeps attachments is chosen with
\`init --retention\`, or by its authorities with \`send propose\`.

Example:
  telltale store drop-old --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      const dropped = (await askRunningToDropOld(options.data)) ?? (await dropHere(options.data, output))
      output.result({ data: options.data, ...dropped }, textOf(dropped, output.terminal.width))
    })
}

async function dropHere(directory: string, output: Output): Promise<DataDropped> {
  const progress = output.progress('Looking for old attachments')
  const interrupts = catchInterrupts(() => output.say('Stopping; what was dropped is dropped.'))
  try {
    return await dropOldData(directory, { signal: interrupts.signal, onProgress: (height) => progress.update(height, null, 'blocks') })
  } catch (error) {
    if (interrupts.received) throw new Interrupted(interrupts.received, 'Stopped; what was dropped is dropped, and the next time goes on there.')
    throw error
  } finally {
    interrupts.release()
    progress.end()
  }
}

function textOf({ retentionMs, upTo, attachments, bytes, before, after }: DataDropped, width: number): string {
  if (retentionMs === null) return 'This network keeps attachments for ever: nothing was dropped.'
  const what = `Dropped ${quantityText(attachments, 'attachment')} of ${bytesText(bytes)} from blocks up to ${countText(upTo)}, which are older than ${ageText(retentionMs)}.`
  return `${hang('', 0, what, width)}\nOn the disk attachments took ${bytesText(before)} and take ${bytesText(after)}.`
}
