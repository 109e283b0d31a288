import pc from 'picocolors'
import { exactToText } from '@telltale/core'
import { LAMP_NAMES } from '@telltale/certificate'
import type { LampName, LampState, Verification } from '@telltale/certificate'

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
const MARKS: Record<LampState, { mark: string; word: string; colour: (text: string) => string }> = {
  holds: { mark: '✔', word: 'holds', colour: pc.green },
  attention: { mark: '▲', word: 'look', colour: pc.yellow },
  refuted: { mark: '✘', word: 'REFUTED', colour: pc.red },
  unknown: { mark: '○', word: 'not known', colour: pc.gray },
  'not-asked': { mark: '○', word: 'not asked', colour: pc.gray },
}

export function verificationToText(verification: Verification, isColoured: boolean): string {
  const lines = LAMP_NAMES.map((name) => {
    const { state, ground } = verification.lamps[name]
    const { mark, word, colour } = MARKS[state]
    const head = `${mark} ${TITLES[name].padEnd(10)}${word.padEnd(10)}`
    return `${isColoured ? colour(head) : head} ${ground}`
  })
  return [...lines, '', verification.sentence, limits(verification)].join('\n')
}

/** What the result does not show, whatever its colour. */
function limits({ head, period, opened }: Verification): string {
  const clock = period && period.clock !== 0 ? ' These records have no wall time, so no dates are given.' : ''
  const claim = opened.flatMap((item) => item.readings).find((reading) => reading.path === 'Import.RecordedAt')
  const claimed = typeof claim?.value === 'string' ? ` Whoever imported them claims that they begin at ${claim.value}.` : ''
  return `It does not show whether the sensor told the truth, or what happened after block ${head.height}.${clock}${claimed}`
}

export function verificationToJson(verification: Verification): unknown {
  const { summary, sentence, lamps, network, asset, device, streams, period, head, odometer, notes, refusal } = verification
  return {
    summary,
    sentence,
    lamps,
    network,
    asset,
    device,
    streams,
    period,
    head,
    odometer: odometer && { ...odometer, value: exactToText(odometer.value) },
    notes: notes.map(({ stream, kind, author, first, last }) => ({ stream, kind, author, first, last })),
    ...(refusal ? { refusal } : {}),
  }
}
