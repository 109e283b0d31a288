import type { Verdict } from '@telltale/core'
import { countText, quantityText, timeText } from '../../figures.ts'
import { hang, printable, wrap } from '../../layout.ts'
import type { Terminal } from '../../terminal.ts'
import type { NodeFindings } from './at-node.ts'

/** What a node said, or why it could not be asked. */
export type NodeAnswer = { findings: NodeFindings; failure: null } | { findings: null; failure: Verdict }

const MARK_WIDTH = 2

/** What the node adds, below the lamps: they stay as the file alone makes them. */
export function answerToText(url: string, { findings, failure }: NodeAnswer, terminal: Terminal): string {
  const { width, colours } = terminal
  const line = (text: string): string => hang(colours.yellow('▲ '), MARK_WIDTH, printable(text), width)
  if (failure) return ['', line(`${url} could not be asked: ${failure.message} (${failure.code})`)].join('\n')
  const { head, isNewer, records, notes, otherNotes, ended, owner } = findings
  const at = `block ${countText(head.height)}${head.timeSeconds === null ? '' : `, ${timeText(head.timeSeconds * 1000)}`}`
  if (!isNewer) return ['', line(`${url} has come to ${at} only, which is before this file ends: it knows nothing newer.`)].join('\n')
  const found = [
    ...notes.map(({ stream, kind, author, first, last, args }) => `A ${kind} since, on ${nameOf(stream)}${first === null || last === null ? '' : `, records ${countText(first)} to ${countText(last)}`}, by ${author}${typeof args[2] === 'string' ? `: ${args[2]}` : ''}.`),
    ...(otherNotes === 0 ? [] : [`${quantityText(otherNotes, 'note')} since about other records than those of this file.`]),
    ...ended.map(({ address, height }) => `${address} may sign no longer, from block ${countText(height)} on.`),
    ...(owner ? [`The asset has a new owner from block ${countText(owner.height)} on: ${owner.address}.`] : []),
  ]
  const more = records.map(({ stream, newer }) => `${quantityText(newer, 'newer record')} of ${nameOf(stream)}`)
  const said = `${url}, up to ${at}: its history goes on from where this file ends${more.length === 0 ? '' : `, with ${more.join(', ')}`}${found.length === 0 ? '; nothing was noted or ended since' : ''}.`
  return ['', ...wrap(printable(said), width), ...found.map(line)].join('\n')
}

function nameOf(stream: string): string {
  return stream.slice(stream.indexOf('/') + 1)
}
