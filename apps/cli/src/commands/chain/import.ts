import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import { createNodePrimitives, importChain, initHolderHome, openHomeLedger, readChainGenesis, requireNewDirectory } from '@telltale/node'
import type { ChainImport } from '@telltale/node'
import { Interrupted, UsageError } from '../../failure.ts'
import { countText, quantityText } from '../../figures.ts'
import { catchInterrupts } from '../../interrupts.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import type { Output } from '../../output.ts'
import { passwordForNewKeys } from '../../password.ts'
import { hasData } from '../../session.ts'

interface ImportOptions extends GlobalOptions {
  network?: string
}

export function addChainImport(chain: Command): void {
  chain
    .command('import')
    .description('take the blocks of a file that `chain export` wrote, each checked as one of a peer')
    .argument('<file>', 'file to read')
    .option('--network <fingerprint>', 'the network that it has to be of; say it where the directory is new')
    .addHelpText('after', `
Into a data directory of the same network whose node is stopped, or a new one, which
becomes that of a node that holds and checks: \`telltale start --peer-listen\` then
connects it. What is refused stops it with a code; what came before stays, and the
next import goes on there, as after ctrl-C.

Examples:
  telltale chain import my-car.chain --data copy --network 2596a58df0ca...
  telltale chain import newer.chain --data copy`)
    .action(async (path: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ImportOptions>()
      const output = outputOf(options)
      const file = await open(path, 'r')
      const interrupts = catchInterrupts(() => output.say('Stopping at the next block; what was taken stays.'))
      try {
        await prepare(file, path, options, output)
        const done = await run(file, options.data, output, interrupts.signal)
        output.result({ file: path, data: options.data, ...done }, textOf(path, done))
      } catch (error) {
        if (interrupts.received) throw new Interrupted(interrupts.received, 'Stopped; what was taken stays, and the next import goes on there.')
        throw error
      } finally {
        interrupts.release()
        await file.close()
      }
    })
}

/** Holds the file against the network that is meant, and makes the directory where it is new (`other-network`). */
async function prepare(file: FileHandle, path: string, { data, network }: ImportOptions, output: Output): Promise<void> {
  const isNew = !hasData(data)
  if (isNew) await requireNewDirectory(data)
  if (!isNew && network === undefined) return
  if (!(await file.stat()).isFile()) throw new UsageError('not-a-file', `${path} is no file.`, { expected: 'a chain file', found: 'something else' })
  const genesis = await readChainGenesis(file)
  const found = bytesToHex(createNodePrimitives().sha256(genesis))
  if (network !== undefined && network.toLowerCase() !== found) throw new UsageError('other-network', `${path} is of another network.`, { expected: network, found })
  if (!isNew) return
  output.say(`Making ${data} for a node that holds and checks the network ${found}.`)
  if (network === undefined) output.warn('Nobody but the file says that this is the right network: compare the fingerprint, or give --network.')
  await initHolderHome({ directory: data, password: await passwordForNewKeys(output), algorithm: 'EdDSA', genesis })
}

async function run(file: FileHandle, data: string, output: Output, signal: AbortSignal): Promise<ChainImport> {
  const opened = await openHomeLedger(data)
  const progress = output.progress('Importing')
  try {
    return await importChain(opened, file, { onProgress: (done, total) => progress.update(done, total, 'bytes'), signal, nowMs: Date.now })
  } finally {
    progress.end()
    await opened.close()
  }
}

function textOf(path: string, { from, height, size, cosignatures, open: openCount, dropped }: ChainImport): string {
  return [
    `Took ${quantityText(height - from, 'block')} of ${path}; every one was checked.`,
    `height        block ${countText(height)}, ${quantityText(size, 'transaction')}`,
    `cosignatures  ${countText(cosignatures)}`,
    ...(dropped === 0 ? [] : [`dropped       ${quantityText(dropped, 'body', 'bodies')} that the file does not have any more`]),
    ...(openCount === 0 ? [] : [`left out      ${quantityText(openCount, 'block')} at the end that the file does not show to be final; the network gives them`]),
  ].join('\n')
}
