import type { Command } from 'commander'
import { bytesToHex, encodePin, isQuorum } from '@telltale/core'
import { cborToJson, openHomeLedger, viewBlocks, viewChain, viewState } from '@telltale/node'
import type { BlockView, ChainView, StateEntry } from '@telltale/node'
import { UsageError } from '../failure.ts'
import { countText, quantityText, timeText } from '../figures.ts'
import { hang, printable, table } from '../layout.ts'
import { outputOf } from '../options.ts'
import type { Output } from '../output.ts'
import { addNodeOptions, nodeOf } from '../remote-node.ts'
import type { NodeOptions } from '../remote-node.ts'
import { writeResultFile } from '../result-file.ts'
import { addChainExport } from './chain/export.ts'
import { addChainImport } from './chain/import.ts'
import { viewRemoteBlocks, viewRemoteChain } from './chain/remote-chain.ts'

interface ShowOptions extends NodeOptions {
  state?: boolean
  blocks: string
  out?: string
}

const BLOCKS_MAX = 10_000

export function addChain(program: Command): void {
  const chain = program.command('chain').description('look at the ledger itself, and carry it about in a file')
  addNodeOptions(chain.command('show'))
    .description('height, size, roots, who certified it, and the last blocks')
    .option('--state', 'list the entries of the state')
    .option('--blocks <count>', 'how many of the last blocks to show', '5')
    .option('--out <file>', 'write the newest certified checkpoint, to trust later certificates by')
    .addHelpText('after', `
No key and no password is needed. Keep the file of --out where nobody can change
it: \`telltale verify --checkpoint FILE\` then notices if history was rewritten.

Examples:
  telltale chain show --data my-car
  telltale chain show --data my-car --out my-car.checkpoint
  telltale chain show --data my-car --state --json
  telltale chain show --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ShowOptions>()
      const output = outputOf(options)
      const count = readCount(options.blocks)
      const remote = await nodeOf(command, options)
      if (remote) {
        if (options.state === true) throw new UsageError('usage', 'Entries are listed where the data lies; of a node ask for one at a time, at /v1/state.', { expected: '--data', found: '--node' })
        await show(await viewRemoteChain(remote), await viewRemoteBlocks(remote, count), null, options, output)
        return
      }
      const progress = output.progress('Replaying')
      const opened = await openHomeLedger(options.data, (height, target) => progress.update(height, target, 'blocks'))
      progress.end()
      try {
        const state = options.state === true ? await Array.fromAsync(viewState(opened)) : null
        await show(await viewChain(opened), await viewBlocks(opened, count), state, options, output)
      } finally {
        await opened.close()
      }
    })
  addChainExport(chain)
  addChainImport(chain)
}

function readCount(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= BLOCKS_MAX) return Number(text)
  throw new UsageError('usage', `--blocks ${text} is not a number of blocks.`, { expected: `0 to ${BLOCKS_MAX}`, found: text })
}

async function show(view: ChainView, blocks: BlockView[], state: StateEntry[] | null, options: ShowOptions, output: Output): Promise<void> {
  if (options.out !== undefined) await writeCheckpoint(options.out, view, options)
  output.result(documentOf(view, blocks, state, options.out), textOf(view, blocks, state, output))
  if (options.out !== undefined) output.say(`\nWrote ${options.out}. Whoever keeps it verifies with: telltale verify FILE --checkpoint ${options.out}`)
}

async function writeCheckpoint(path: string, { certified }: ChainView, options: ShowOptions): Promise<void> {
  if (!certified) throw new UsageError('nothing-certified', 'Nothing is certified yet; import or send something first.', { expected: 'a certified checkpoint', found: 'none' })
  await writeResultFile(path, encodePin(certified), { isOwn: isCheckpointFile, kind: 'checkpoint', yes: options.yes })
}

function isCheckpointFile(head: Uint8Array): boolean {
  return Buffer.from(head).subarray(0, 15).equals(Buffer.from([0x84, 0x6d, ...Buffer.from('tt-checkpoint')]))
}

function documentOf(view: ChainView, blocks: BlockView[], state: StateEntry[] | null, out: string | undefined): unknown {
  const { certified, parameters, authorities, resumptions } = view
  return {
    network: bytesToHex(view.network),
    name: parameters.name,
    height: view.height,
    id: bytesToHex(view.id),
    timeMs: view.timeMs,
    size: view.size,
    logRoot: bytesToHex(view.logRoot),
    stateRoot: bytesToHex(view.stateRoot),
    certified: certified && {
      height: certified.checkpoint.height,
      size: certified.checkpoint.size,
      logRoot: bytesToHex(certified.checkpoint.logRoot),
      stateRoot: bytesToHex(certified.checkpoint.stateRoot),
      setHash: bytesToHex(certified.checkpoint.setHash),
      isQuorum: isQuorum(certified.cosigners.length, certified.set.length),
      cosigners: certified.cosigners,
    },
    authorities: authorities.map(({ address, keyNumber, key }) => ({ address, keyNumber, algorithm: key.algorithm, key: bytesToHex(key.material) })),
    resumptions,
    parameters,
    blocks: blocks.map(({ id, ...block }) => ({ ...block, id: bytesToHex(id) })),
    ...(state ? { state: state.map(({ kind, ids, value }) => ({ kind, ids, value: cborToJson(value) })) } : {}),
    ...(out === undefined ? {} : { checkpoint: out }),
  }
}

const LABEL_WIDTH = 13

function textOf(view: ChainView, blocks: BlockView[], state: StateEntry[] | null, output: Output): string {
  const { width } = output.terminal
  const line = (label: string, text: string): string => hang(label.padEnd(LABEL_WIDTH), LABEL_WIDTH, printable(text), width)
  const { certified, parameters, authorities, resumptions } = view
  return [
    line('network', `${bytesToHex(view.network)} "${parameters.name}"`),
    line('height', `block ${countText(view.height)}, ${timeText(view.timeMs)}`),
    line('size', quantityText(view.size, 'transaction')),
    line('log root', bytesToHex(view.logRoot)),
    line('state root', bytesToHex(view.stateRoot)),
    line('certified', certified ? certifiedText(certified) : 'nothing yet'),
    line('authorities', authorities.map(({ address, keyNumber, key }) => `${address} (key ${keyNumber}, ${key.algorithm})`).join(' ')),
    ...resumptions.map(({ height, sizeSigned, sizeHeld }) => line('lost', `its authority had signed ${sizeSigned === null ? 'what nobody knows any more' : quantityText(sizeSigned, 'transaction')}, held ${countText(sizeHeld)} and went on at block ${countText(height)}`)),
    line('parameters', parametersText(view)),
    ...(blocks.length === 0 ? [] : ['', blocksText(blocks)]),
    ...(state ? ['', `${quantityText(state.length, 'entry', 'entries')} of the state; --json shows them whole:`, ...state.map((entry) => stateText(entry, width))] : []),
  ].join('\n')
}

function certifiedText({ checkpoint, cosigners, set }: NonNullable<ChainView['certified']>): string {
  const newest = Math.max(...cosigners.map(({ issuedAtSeconds }) => issuedAtSeconds))
  return `block ${countText(checkpoint.height)}, ${quantityText(checkpoint.size, 'transaction')}, by ${cosigners.length} of ${quantityText(set.length, 'authority', 'authorities')}, ${timeText(newest * 1000)}`
}

function parametersText({ parameters }: ChainView): string {
  const { algorithms, ...rest } = parameters
  return [...Object.entries(rest).filter(([key]) => key !== 'name').map(([key, value]) => `${key} ${typeof value === 'number' ? countText(value) : value}`), `algorithms ${algorithms.join(' ')}`].join(', ')
}

function blocksText(blocks: BlockView[]): string {
  const rows = blocks.map(({ height, timeMs, size, calls, id }) => [countText(height), timeText(timeMs), countText(size), `${bytesToHex(id).slice(0, 8)}…`, calls.map(({ name, count }) => `${countText(count)} ${name}`).join(', ')])
  return table([{ title: 'block', align: 'right' }, { title: 'time', align: 'left' }, { title: 'size', align: 'right' }, { title: 'id', align: 'left' }, { title: 'what it holds', align: 'left' }], rows)
}

/** Kind and ids on one line, the beginning of the value below. */
function stateText({ kind, ids, value }: StateEntry, width: number): string {
  const json = printable(JSON.stringify(cborToJson(value)))
  return [printable(`${kind} ${ids.join(' ')}`.trim()), `  ${json.length > width - 2 ? `${json.slice(0, width - 3)}…` : json}`].join('\n')
}
