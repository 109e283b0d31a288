import type { ReactNode } from 'react'
import { words } from '../words.ts'
import { Hash } from './hash.tsx'
import { groupDigits } from './figures.ts'
import { Time } from './time.tsx'

/** Times in UTC, addresses and ids, and distances or other long figures with their unit. */
const PARTS = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)|\b(t[apt]1[02-9ac-hj-np-z]{38}|[0-9a-f]{64})\b|\b(\d{4,})(?=(?:\.\d+)? (?:mi|km|m|records?|notes?)\b)/g

/** In `address/odometer` people want the name; which device it is stands elsewhere. */
const DEVICE_OF_STREAM = /\btt1[02-9ac-hj-np-z]{38}\/(?=[a-z])/g

/** Grounds and messages as people read them: times in the viewer's zone, short addresses, grouped figures, what to click in place of what to type. */
export function ReadableText({ text }: { text: string }) {
  const parts: ReactNode[] = []
  const plain = words.hints.reduce((shown, [option, here]) => shown.replace(option, here), text.replaceAll(DEVICE_OF_STREAM, ''))
  let end = 0
  for (const match of plain.matchAll(PARTS)) {
    const [whole, time, id, digits = ''] = match
    parts.push(plain.slice(end, match.index))
    if (time !== undefined) parts.push(<Time key={match.index} ms={Date.parse(time)} />)
    else if (id !== undefined) parts.push(<Hash key={match.index} text={id} />)
    else parts.push(groupDigits(digits))
    end = match.index + whole.length
  }
  return [...parts, plain.slice(end)]
}
