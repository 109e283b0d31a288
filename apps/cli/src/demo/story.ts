import { exactToNumber, exactToText } from '@telltale/core'
import type { RecordReading } from '@telltale/core'
import type { Verification } from '@telltale/certificate'
import { bytesText, quantityText } from '../figures.ts'
import { hang, wrap } from '../layout.ts'
import { lampToText, verificationToText } from '../lamps.ts'
import type { Terminal } from '../terminal.ts'
import { isOdometer } from './drives.ts'
import type { Trial } from './trial.ts'

/** Tells the demonstration on a terminal, as it happens. */
export interface Story {
  begin(directory: string, drive: string, isFirst: boolean): void
  record(stream: string, number: number, readings: RecordReading[]): void
  certified(sums: { records: number; readings: number; height: number }): void
  proof(file: string, bytes: number, verification: Verification): void
  trials(trials: Trial[]): void
  end(commands: [why: string, command: string][]): void
}

const INDENT = 3

export function createStory(terminal: Terminal, write: (text: string) => void): Story {
  const { width, colours } = terminal
  const inner = { ...terminal, width: width - INDENT }
  const say = (text: string): void => write(`${text}\n`)
  const block = (text: string): void => say(text.split('\n').map((line) => `${' '.repeat(INDENT)}${line}`.trimEnd()).join('\n'))
  const prose = (text: string): void => block(wrap(text, inner.width).join('\n'))
  const title = (number: number, text: string): void => say(`\n${colours.bold(`${number}  ${text}`)}`)
  return {
    begin(directory, drive, isFirst) {
      say(`${colours.bold('Telltale')}: what a machine knows about itself, so that nobody can change it`)
      title(1, 'A car reports')
      prose(isFirst ? `A new ledger in ${directory}, with one authority and one car.` : `The ledger in ${directory} goes on where it stopped.`)
      prose(`The drive: ${drive}`)
      say('')
    },
    record(stream, number, readings) {
      block(`${`${stream} ${number}`.padEnd(13)}${colours.gray(quantityText(readings.length, 'reading').padStart(13))}   ${gist(readings)}`)
    },
    certified({ records, readings, height }) {
      say('')
      prose(`${quantityText(records, 'record')} with ${quantityText(readings, 'reading')}: signed by the car, sealed, and certified by the authority, up to block ${height}.`)
    },
    proof(file, bytes, verification) {
      title(2, 'One file proves it')
      prose(`${file} (${bytesText(bytes)}), checked offline:`)
      say('')
      block(verificationToText(verification, inner))
    },
    trials(trials) {
      title(3, 'What a cheat would try')
      for (const [i, trial] of trials.entries()) {
        if (i > 0) say('')
        say(hang(`   ${String.fromCharCode(97 + i)}  `, INDENT + 3, trial.what, width))
        const deep = { ...terminal, width: width - INDENT - 3 }
        const { lamp, verification } = trial
        const shown = lamp ? lampToText(lamp, verification.lamps[lamp], deep) : colours.red('No lamp is red: the cheat got through. Please report this.')
        say(shown.split('\n').map((line) => `      ${line}`).join('\n'))
      }
    },
    end(commands) {
      title(4, 'Your turn')
      for (const [why, command] of commands) {
        block(colours.gray(why))
        block(`  ${command}`)
      }
    },
  }
}

/** The gist of a record: what the dashboard says, or how fast it went. */
function gist(readings: RecordReading[]): string {
  const odometer = readings.findLast(isOdometer)
  const shown = odometer?.raw ?? odometer
  if (shown && shown.unit !== null && typeof shown.value !== 'string' && typeof shown.value !== 'boolean') return `the dashboard says ${grouped(exactToText(shown.value))} ${shown.unit}`
  const speeds = readings.filter(({ path }) => path === 'Vehicle.Speed').map(({ value }) => (typeof value === 'string' || typeof value === 'boolean' ? 0 : exactToNumber(value)))
  return speeds.length === 0 ? '' : `${Math.round(Math.min(...speeds))} to ${Math.round(Math.max(...speeds))} km/h, ${quantityText(new Set(readings.map(({ path }) => path)).size, 'signal')}`
}

function grouped(digits: string): string {
  return digits.replace(/^\d+/, (whole) => Number(whole).toLocaleString('en'))
}
