import { TelltaleError, errorToVerdict } from '@telltale/core'
import type { Verdict } from '@telltale/core'

/** How a command speaks: results on standard output, progress on standard error. */
export interface Output {
  isJson: boolean
  /** The result: one JSON document under --json, otherwise the text. */
  result(document: unknown, text: string): void
  /** A line for people; silent under --quiet and --json. */
  say(line: string): void
  /** A line that has to be seen, on standard error even under --quiet. */
  warn(line: string): void
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

export function createOutput(options: { isJson: boolean; isQuiet: boolean }): Output {
  const { isJson, isQuiet } = options
  const isSilent = isJson || isQuiet
  return {
    isJson,
    result: (document, text) => void process.stdout.write(isJson ? `${JSON.stringify(document, null, 2)}\n` : `${text}\n`),
    say: (line) => void (isSilent || process.stderr.write(`${line}\n`)),
    warn: (line) => void process.stderr.write(`${line}\n`),
    progress: (label) => createProgress(label, isQuiet),
  }
}

function createProgress(label: string, isQuiet: boolean): Progress {
  const startedMs = performance.now()
  const intervalMs = process.stderr.isTTY ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS
  let shownMs = startedMs
  return {
    update(done, total, unit) {
      const nowMs = performance.now()
      if (isQuiet || nowMs - shownMs < intervalMs) return
      shownMs = nowMs
      const rate = done / ((nowMs - startedMs) / 1000)
      const left = total === null || rate === 0 ? '' : `, ${secondsText((total - done) / rate)} left`
      const share = total === null || total === 0 ? '' : ` ${Math.floor((100 * done) / total)}%`
      const line = `${label}${share}: ${Math.round(done).toLocaleString('en')} ${unit}, ${Math.round(rate).toLocaleString('en')}/s${left}`
      process.stderr.write(process.stderr.isTTY ? `\r\u001b[2K${line}` : `${line}\n`)
    },
    end() {
      if (!isQuiet && process.stderr.isTTY && shownMs !== startedMs) process.stderr.write('\r\u001b[2K')
    },
  }
}

function secondsText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}

/** Shows a failure: `{error: {code, message, expected, found}}` on standard output under --json, words on standard error otherwise. */
export function showFailure(error: unknown, isJson: boolean): void {
  const verdict: Verdict = error instanceof TelltaleError ? errorToVerdict(error) : { code: 'internal-error', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  if (isJson) process.stdout.write(`${JSON.stringify({ error: verdict }, null, 2)}\n`)
  else {
    process.stderr.write(`telltale: ${verdict.message} (${verdict.code})\n`)
    if (verdict.expected !== undefined) process.stderr.write(`  expected: ${verdict.expected}\n`)
    if (verdict.found !== undefined) process.stderr.write(`  found:    ${verdict.found}\n`)
  }
}
