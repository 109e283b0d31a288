import { useReducedMotion } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { ReadableText } from '../text/readable-text.tsx'
import { words } from '../words.ts'
import type { ShownLamp } from './lamp-look.ts'
import { LampShape } from './lamp-shape.tsx'
import styles from './lamp.module.css'

/** Between two lamps, so that the eye follows the order of the checks. */
const LIGHTING_MS = 120

interface LampRowProps {
  lamps: readonly ShownLamp[]
  label: string
  /** What is answered: when it changes the lamps light anew. Null while there is no answer, and nothing to light. */
  lightFor: object | null
  /** Called once all are lit. */
  onLit?: () => void
  /** Whether the row is as high from the beginning as it becomes with long grounds, so that nothing below it jumps. */
  isRoomy?: boolean
}

/** Lamps in their fixed order; they light one after the other, unless reduced motion is asked for. */
export function LampRow({ lamps, label, lightFor, onLit, isRoomy = false }: LampRowProps) {
  const lit = useLit(lamps.length, lightFor, onLit)
  return (
    <ol className={styles.row} aria-label={label} data-roomy={isRoomy || undefined}>
      {lamps.map((lamp, i) => (
        <Lamp key={lamp.name} lamp={i < lit ? lamp : { ...lamp, look: 'pending', ground: '' }} />
      ))}
    </ol>
  )
}

function useLit(count: number, lightFor: object | null, onLit: (() => void) | undefined): number {
  const isStill = useReducedMotion(undefined, { getInitialValueInEffect: false })
  const [lit, setLit] = useState({ for: lightFor, count: 0 })
  const current = isStill || lightFor === null ? count : lit.for === lightFor ? lit.count : 0
  useEffect(() => {
    if (current >= count) {
      onLit?.()
      return undefined
    }
    const timer = setTimeout(() => setLit({ for: lightFor, count: current + 1 }), LIGHTING_MS)
    return () => clearTimeout(timer)
  }, [current, count, lightFor, onLit])
  return current
}

function Lamp({ lamp: { name, title, look, ground } }: { lamp: ShownLamp }) {
  return (
    <li className={styles.lamp} data-lamp={name} data-state={look}>
      <div className={styles.head} data-look={look}>
        <LampShape look={look} />
        {title}
      </div>
      <div className={styles.word} data-look={look}>
        {words.lamp.states[look]}
      </div>
      <div className={styles.ground}>
        <ReadableText text={ground} />
      </div>
    </li>
  )
}
