import { words } from '../words.ts'
import { useDistanceUnit } from './distance-unit.ts'
import { shownDistance } from './shown-figure.ts'

/** A distance in the reader's unit; a conversion says so, and what was signed: `about 25,090 km (signed as 15,590 mi)`. */
export function Quantity({ value, unit, metres, isStrong = false }: { value: string; unit: string; metres: number; isStrong?: boolean }) {
  const shown = shownDistance({ value, unit, metres }, useDistanceUnit().unit)
  const text = `${shown.text} ${shown.unit}`
  return (
    <>
      {shown.reported !== null && `${words.unit.about} `}
      {isStrong ? <strong>{text}</strong> : text}
      {shown.reported !== null && ` (${words.unit.signedAs(shown.reported)})`}
    </>
  )
}
