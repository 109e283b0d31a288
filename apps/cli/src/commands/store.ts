import { resolve } from 'node:path'
import type { Command } from 'commander'
import { askRunningForBackup, backupData, checkData, repairData, restoreData } from '@telltale/node'
import type { DataCheckReport, DataRepair, DataRestore } from '@telltale/node'
import { EXIT_REFUSED } from '../exit-code.ts'
import { bytesText, countText, quantityText } from '../figures.ts'
import { hang, printable } from '../layout.ts'
import { resumeAfterLoss } from '../loss.ts'
import type { Resumption } from '../loss.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { addStoreDropOld } from './store/drop-old.ts'

/** Damaged places listed in words; --json lists all. */
const PROBLEMS_SHOWN_MAX = 20

export function addStore(program: Command): void {
  const store = program.command('store').description('check, back up, restore, repair and thin out a data directory')
  addCheck(store)
  addBackup(store)
  addRestore(store)
  addRepair(store)
  addStoreDropOld(store)
}

function addCheck(store: Command): void {
  store
    .command('check')
    .description('read every byte again, execute every block again, check every signature')
    .addHelpText('after', `
Exit 0 when all is as it should be, 1 when damage was found: each place is named
with its file, its bytes, what was expected and what was found. It needs no key.

Example:
  telltale store check --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      const report = await checkWithProgress(options.data, output)
      output.result({ data: options.data, isWhole: report.problemCount === 0, ...report }, checkToText(report, options.data, output.terminal.width))
      if (report.problemCount > 0) process.exitCode = EXIT_REFUSED
    })
}

const STEP_NAMES: Record<string, string> = { replay: 'Executing blocks again', statements: 'Checking statements', files: 'Reading files', side: 'Reading statements', blocks: 'Reading blocks', attachments: 'Reading attachments', rows: 'Reading rows' }
const STEP_UNITS: Record<string, string> = { replay: 'blocks', statements: 'statements', files: 'files' }

async function checkWithProgress(directory: string, output: Output): Promise<DataCheckReport> {
  let step = ''
  let progress = output.progress('Checking')
  try {
    return await checkData(directory, (now) => {
      if (now.step !== step) {
        progress.end()
        step = now.step
        progress = output.progress(STEP_NAMES[step] ?? 'Checking')
      }
      progress.update(now.done, now.total, STEP_UNITS[step] ?? 'steps')
    })
  } finally {
    progress.end()
  }
}

function checkToText(report: DataCheckReport, directory: string, width: number): string {
  const { problems, problemCount, blocks, transactions, signatures, attachments, rows, bytes } = report
  const read = `Read ${bytesText(bytes)}: ${quantityText(blocks, 'block')} with ${quantityText(transactions, 'transaction')}, ${quantityText(signatures, 'signature')}, ${quantityText(attachments, 'attachment')}, ${quantityText(rows, 'row')}.`
  if (problemCount === 0) return `${hang('', 0, read, width)}\nEverything is as it should be.`
  const shown = problems.slice(0, PROBLEMS_SHOWN_MAX).map((problem) => problemToText(problem, width))
  const more = problemCount > shown.length ? [`... and ${countText(problemCount - shown.length)} more; --json lists them.`] : []
  const next = `Next: telltale store repair --data ${directory} (with --from BACKUP where there is one).`
  return [hang('', 0, read, width), `${quantityText(problemCount, 'place')} ${problemCount === 1 ? 'is' : 'are'} not as ${problemCount === 1 ? 'it' : 'they'} should be:`, ...shown, ...more, hang('', 0, next, width)].join('\n')
}

function problemToText({ code, file, offset, length, what, expected, found }: DataCheckReport['problems'][number], width: number): string {
  const bytes = length > 0 || offset > 0 ? `, bytes ${countText(offset)} to ${countText(offset + Math.max(length, 1) - 1)}` : ''
  return [hang('  ', 2, printable(`${file}${bytes}: ${what} (${code})`), width), hang('    expected ', 13, printable(expected), width), hang('    found    ', 13, printable(found), width)].join('\n')
}

function addBackup(store: Command): void {
  store
    .command('backup')
    .description('copy everything that a restore needs, keys included')
    .argument('<target>', 'an empty directory, or one that does not exist')
    .addHelpText('after', `
The backup holds the store, telltale.json, the keys, the secrets under which
records are sealed, and what devices remember: whoever has it can sign and read.
Keep it as you keep the keys. A node that runs on the directory makes the backup
itself, and goes on meanwhile. The copy is read and verified before it is called
a backup.

Example:
  telltale store backup /media/usb/my-car-2026-01-31 --data my-car`)
    .action(async (target: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      const progress = output.progress('Backing up')
      const running = await askRunningForBackup(options.data, resolve(target))
      const backup = running ?? (await backupData(options.data, target, (bytes) => progress.update(bytes, null, 'bytes')).finally(() => progress.end()))
      const text = `Backed up ${options.data} up to block ${countText(backup.height)}: ${quantityText(backup.files, 'file')}, ${bytesText(backup.bytes)}, verified.\nIt holds keys: keep it as you keep them. Where nothing newer is left, go back to it:\n  telltale store restore ${target} --data ${options.data}`
      output.result({ data: options.data, target, ...backup }, text)
    })
}

function addRestore(store: Command): void {
  store
    .command('restore')
    .description('make a data directory from a backup')
    .argument('<backup>', 'directory that `telltale store backup` has written')
    .addHelpText('after', `
Into a new directory, or in the place of a store of the same network, which is
kept beside it. What its authority signed is never lowered: where the backup is
older than that, an authority that decides alone stops until it is accepted that
something is lost (\`telltale store repair --accept-loss\`); one of several asks
the others.

Example:
  telltale store restore /media/usb/my-car-2026-01-31 --data my-car`)
    .action(async (backup: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      const progress = output.progress('Executing blocks again')
      const restored = await restoreData(backup, options.data, (height, target) => progress.update(height, target, 'blocks')).finally(() => progress.end())
      output.result({ data: options.data, backup, ...restored }, restoreToText(restored, backup, options.data, output.terminal.width))
    })
}

function restoreToText({ height, replaced, files, signed, asksOthers }: DataRestore, backup: string, directory: string, width: number): string {
  const stops = `it will not sign until you accept that with: telltale store repair --accept-loss --data ${directory}. Every certificate will say so from then on. If there is a newer backup, restore that instead.`
  const others = 'the other authorities say what that was when it is started, and it signs nothing that contradicts it.'
  return [
    `Restored ${directory} from ${backup}, up to block ${countText(height)}.`,
    ...(replaced === null ? [] : [hang('  ', 2, `The store that stood there is kept in ${replaced}; remove it once all is well.`, width)]),
    ...(replaced === null || files.length === 0 ? [] : [hang('  ', 2, `From the backup also: ${files.join(', ')}.`, width)]),
    ...(signed === 'behind' ? [hang('  ', 2, `Its authority signed more than this backup holds: ${asksOthers ? others : stops}`, width)] : []),
    ...(signed === 'unknown' ? [hang('  ', 2, `What its authority signed last cannot be told any more: ${asksOthers ? `accept that with telltale store repair --accept-loss --data ${directory}; ${others}` : stops}`, width)] : []),
  ].join('\n')
}

interface RepairCommandOptions extends GlobalOptions {
  from?: string
  acceptLoss?: boolean
}

function addRepair(store: Command): void {
  store
    .command('repair')
    .description('mend what can be mended, make the index anew')
    .option('--from <backup>', 'a backup of the same network, to take damaged parts from')
    .option('--accept-loss', 'go on without what cannot be mended; every later certificate says so')
    .addHelpText('after', `
Without --accept-loss nothing is given up: what cannot be mended is listed, and
the exit code is 1. With it, an authority that decides alone and has signed more
than its store holds says so in its first transaction, and the network lamp of
every later certificate is amber; one of several asks the others what it signed.

Examples:
  telltale store repair --data my-car
  telltale store repair --data my-car --from /media/usb/my-car-2026-01-31`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RepairCommandOptions>()
      await runRepair(options, outputOf(options))
    })
}

async function runRepair({ data, from, acceptLoss = false }: RepairCommandOptions, output: Output): Promise<void> {
  const progress = output.progress('Executing blocks again')
  const report = await repairData(data, { backup: from ?? null, acceptLoss, onReplay: (height, target) => progress.update(height, target, 'blocks') }).finally(() => progress.end())
  const resumed = report.isWhole && report.loss && acceptLoss ? await resumeAfterLoss(data, output) : null
  const isUsable = report.isWhole && (report.loss === null || resumed !== null)
  const { loss, ...rest } = report
  const document = { data, ...rest, loss: loss && { sizeSigned: loss.sizeSigned, sizeHeld: loss.sizeHeld }, resumed, isUsable }
  const { width } = output.terminal
  const done = [...report.repaired.map((line) => hang('  mended  ', 10, printable(line), width)), ...report.lost.map((line) => hang('  lost    ', 10, printable(line), width))]
  output.result(document, [...done, hang('', 0, repairOutcome(report, resumed, data), width)].join('\n'))
  if (!isUsable) process.exitCode = EXIT_REFUSED
}

function repairOutcome({ isWhole, loss, height }: DataRepair, resumed: Resumption | null, directory: string): string {
  const usable = `The store can be used; it holds ${quantityText(height + 1, 'block')}.`
  if (isWhole && !loss) return usable
  const advice = `Restore the newest backup (telltale store restore BACKUP --data ${directory}), or repair with --from BACKUP. Where there is none: telltale store repair --accept-loss --data ${directory}`
  if (!isWhole || !loss) return `The store cannot be used as it is. ${advice}`
  if (!resumed) return `Its blocks are whole, but its authority signed more than they hold (${loss.expected}; held: ${loss.found}), so it does not sign. ${advice}`
  const signed = loss.sizeSigned === null ? 'What its authority had signed is not known; it holds' : `Its authority had signed ${quantityText(loss.sizeSigned, 'transaction')} and holds`
  const streams = resumed.streams.length === 0 ? '' : `\nThese streams go on from where the ledger stands now: ${resumed.streams.join(', ')}.`
  return `${usable} ${signed} ${countText(loss.sizeHeld)}. It has said so in block ${countText(resumed.height)}: from now on the network lamp of every certificate is amber.${streams}`
}
