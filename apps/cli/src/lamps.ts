import { exactToText } from '@telltale/core'
import { LAMP_NAMES } from '@telltale/certificate'
import type { Lamp, LampName, LampState, Verification } from '@telltale/certificate'
import { groupFigures, timeText } from './figures.ts'
import { hang, printable, wrap } from './layout.ts'
import type { Colours, Terminal } from './terminal.ts'

const TITLES: Record<LampName, string> = {
  network: 'Network',
  car: 'This car',
  genuine: 'Genuine',
  complete: 'Complete',
  certified: 'Certified',
  reading: 'Reading',
  noted: 'Noted',
}

/** Shape, word and colour say the same, so nobody needs to see colours. */
const MARKS: Record<LampState, { mark: string; word: string; colour: (colours: Colours) => (text: string) => string }> = {
  holds: { mark: '✔', word: 'holds', colour: (colours) => colours.green },
  attention: { mark: '▲', word: 'look', colour: (colours) => colours.yellow },
  refuted: { mark: '✘', word: 'REFUTED', colour: (colours) => colours.red },
  unknown: { mark: '○', word: 'not known', colour: (colours) => colours.gray },
  'not-asked': { mark: '○', word: 'not asked', colour: (colours) => colours.gray },
}

const HEAD_WIDTH = 24

/** One lamp: shape, name, word, and on what ground, wrapped beside them. */
export function lampToText(name: LampName, { state, ground }: Lamp, { width, colours }: Terminal): string {
  const { mark, word, colour } = MARKS[state]
  const head = `${mark} ${TITLES[name].padEnd(10)} ${word.padEnd(11)}`
  return hang(colour(colours)(head), HEAD_WIDTH, readable(ground), width)
}

export function verificationToText(verification: Verification, terminal: Terminal): string {
  const lamps = LAMP_NAMES.map((name) => lampToText(name, verification.lamps[name], terminal))
  const sentence = wrap(readable(verification.sentence), terminal.width)
  return [...lamps, '', ...sentence.map(terminal.colours.bold), ...wrap(readable(limits(verification)), terminal.width)].join('\n')
}

/** Words from a certificate as people read them: nothing that a terminal would obey, grouped figures, short addresses, times without seconds. */
function readable(text: string): string {
  const short = printable(text).replaceAll(/\b(t[a-z]1[0-9a-z]{4})[0-9a-z]{30}([0-9a-z]{4})\b/g, '$1…$2')
  return groupFigures(short).replaceAll(/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g, (time) => timeText(Date.parse(time)))
}

/** What the result does not show, whatever its colour. */
function limits({ head, period, opened }: Verification): string {
  const clock = period && period.clock !== 0 ? ' These records have no wall time, so no dates are given.' : ''
  const claim = opened.flatMap((item) => item.readings).find((reading) => reading.path === 'Import.RecordedAt')
  const claimed = typeof claim?.value === 'string' ? ` Whoever imported them claims that they begin at ${claim.value}.` : ''
  return `It does not show whether the sensor told the truth, whether the car has a second entry, or what happened after block ${head.height}.${clock}${claimed}`
}

export function verificationToJson(verification: Verification): Record<string, unknown> {
  const { summary, sentence, lamps, network, asset, entered, device, streams, period, head, odometer, notes, refusal } = verification
  return {
    summary,
    sentence,
    lamps,
    network,
    asset,
    entered,
    device,
    streams,
    period,
    head,
    odometer: odometer && { ...odometer, value: exactToText(odometer.value) },
    notes: notes.map(({ stream, kind, author, first, last }) => ({ stream, kind, author, first, last })),
    ...(refusal ? { refusal } : {}),
  }
}
