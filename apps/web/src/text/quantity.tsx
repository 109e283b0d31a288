import { groupDigits, groupNumber } from './figures.ts'

/** A distance as its source said it, then roughly in the other unit: `15,590 mi (about 25,090 km)`. */
export function Quantity({ value, unit, metres, isStrong = false }: { value: string; unit: string; metres: number; isStrong?: boolean }) {
  const shown = `${groupDigits(value)} ${unit}`
  return (
    <>
      {isStrong ? <strong>{shown}</strong> : shown}
      {unit !== 'km' && ` (about ${kilometreText(metres)})`}
    </>
  )
}

export function kilometreText(metres: number): string {
  return `${groupNumber(Math.round(metres / 1000))} km`
}
