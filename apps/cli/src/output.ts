import { bytesText, countText, durationText } from './figures.ts'
import { failureOf, verdictOf } from './failure.ts'
import { hang, printable, wrap } from './layout.ts'
import { terminalOf } from './terminal.ts'
import type { Terminal } from './terminal.ts'

/** How a command speaks: results on standard output, progress on standard error. */
export interface Output {
  isJson: boolean
  isQuiet: boolean
  /** Where results go. */
  terminal: Terminal
  /** The result: one JSON document under --json, otherwise the text. */
  result(document: unknown, text: string): void
  /** A piece of a result that is a stream; waits where the reader is slower, and answers false once the reader has gone. */
  write(text: string): Promise<boolean>
  /** A line for people; silent under --quiet and --json. */
  say(line: string): void
  /** A command to copy: never wrapped. Silent like `say`. */
  sayCommand(line: string): void
  /** A line that has to be seen, on standard error even under --quiet. */
  warn(line: string): void
  /** A command to copy that has to be seen: never wrapped. */
  warnCommand(line: string): void
  /** Progress of long work: overwritten on a terminal, every few seconds elsewhere; silent under --quiet. */
  progress(label: string): Progress
}

export interface Progress {
  /** done and total in the same unit; total null where unknown. */
  update(done: number, total: number | null, unit: string): void
  end(): void
}

const TERMINAL_INTERVAL_MS = 100
const LOG_INTERVAL_MS = 5000
/** Standard output could not be written, on a full disk for instance: the same as for a file that could not. */
const EXIT_UNWRITABLE = 2

export function createOutput(options: { isJson: boolean; isQuiet: boolean }): Output {
  const { isJson, isQuiet } = options
  const errors = terminalOf(process.stderr)
  return {
    isJson,
    isQuiet,
    terminal: terminalOf(process.stdout),
    result: (document, text) => void process.stdout.write(isJson ? documentText(document) : `${text}\n`),
    write: writeFully,
    sayCommand: (line) => void (isJson || isQuiet || process.stderr.write(`${printable(line)}\n`)),
    say: (line) => void (isJson || isQuiet || process.stderr.write(`${wrap(printable(line), errors.width).join('\n')}\n`)),
    warn: (line) => void process.stderr.write(`${wrap(printable(line), errors.width).join('\n')}\n`),
    warnCommand: (line) => void process.stderr.write(`${printable(line)}\n`),
    progress: (label) => createProgress(label, isQuiet),
  }
}

/** One JSON document, laid out for people; control characters beyond ASCII are escaped too, since a terminal would obey them. */
function documentText(document: unknown): string {
  const text = JSON.stringify(document, null, 2)
  return `${text.replaceAll(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)}\n`
}

async function writeFully(text: string): Promise<boolean> {
  const { stdout } = process
  if (stdout.destroyed) return false
  if (stdout.write(text)) return true
  await new Promise<void>((settle) => {
    const done = (): void => {
      stdout.off('drain', done)
      stdout.off('close', done)
      settle()
    }
    stdout.on('drain', done)
    stdout.on('close', done)
  })
  return !stdout.destroyed
}

/** A reader that has seen enough (`| head`) is no failure: what is left is not written, and the command ends as it would have. */
export function allowClosedReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return
      process.stderr.write(`${failureText(error, terminalOf(process.stderr))}\n`)
      process.exit(EXIT_UNWRITABLE)
    })
  }
}

function createProgress(label: string, isQuiet: boolean): Progress {
  const { isTTY } = process.stderr
  const startedMs = performance.now()
  const intervalMs = isTTY ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS
  let shownMs = startedMs
  return {
    update(done, total, unit) {
      const nowMs = performance.now()
      if (isQuiet || nowMs - shownMs < intervalMs) return
      shownMs = nowMs
      const line = progressText(label, { done, total, unit, seconds: (nowMs - startedMs) / 1000 })
      process.stderr.write(isTTY ? `\r\u001b[2K${line}` : `${line}\n`)
    },
    end() {
      if (!isQuiet && isTTY && shownMs !== startedMs) process.stderr.write('\r\u001b[2K')
    },
  }
}

/** `Importing 45 %: 12.1 MB of 27.0 MB, 4.0 MB/s, 4 s left`. */
export function progressText(label: string, { done, total, unit, seconds }: { done: number; total: number | null; unit: string; seconds: number }): string {
  const amount = (value: number): string => (unit === 'bytes' ? bytesText(Math.round(value)) : countText(Math.round(value)))
  const rate = seconds > 0 ? done / seconds : 0
  const share = total === null || total === 0 ? '' : ` ${Math.floor((100 * done) / total)} %`
  const extent = `${amount(done)}${total === null ? '' : ` of ${amount(total)}`}${unit === 'bytes' ? '' : ` ${unit}`}`
  const left = total === null || rate === 0 ? '' : `, ${durationText(Math.max(total - done, 0) / rate)} left`
  return `${label}${share}: ${extent}, ${amount(rate)}/s${left}`
}

/**
 * Shows a failure: `{error: {code, message, expected, found}}` on standard output under --json, words on standard error otherwise. Where the result is a stream,
 * it is one line, as all others.
 */
export function showFailure(error: unknown, { isJson, isStream }: { isJson: boolean; isStream: boolean }): void {
  const document = { error: verdictOf(error) }
  if (isJson) process.stdout.write(isStream ? `${JSON.stringify(document)}\n` : documentText(document))
  else process.stderr.write(`${failureText(error, terminalOf(process.stderr))}\n`)
}

/** Words for a failure; expected and found only where the message does not say them. */
export function failureText(error: unknown, { width, colours }: Terminal): string {
  const { code, message, expected, found } = failureOf(error)
  const lines = wrap(`telltale: ${printable(message)} (${code})`, width)
  const facts = ([['expected', expected], ['found', found]] as const).flatMap(([name, fact]) => (fact === undefined || fact === '' || message.includes(fact) ? [] : [hang(`  ${name.padEnd(9)} `, 12, printable(fact), width)]))
  return [colours.red(lines[0] ?? ''), ...lines.slice(1), ...facts].join('\n')
}
