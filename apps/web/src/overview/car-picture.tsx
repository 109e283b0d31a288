import { useEffect, useRef } from 'react'
import { useReducedMotion } from '@mantine/hooks'
import styles from './overview.module.css'

/** Pixels of road a second for each km/h: at 100 km/h the marks are still single marks. */
const PIXELS_PER_SPEED = 2.2
/** How quickly the picture takes over a new speed, so that nobody sees it jump. */
const EASING = 0.03
const DASH = 48

/** A car on a road that moves as fast as the car says; only a picture, the figures stand beside it. */
export function CarPicture({ speed }: { speed: number }) {
  const road = useRef<SVGPathElement>(null)
  const wheels = useRef<SVGGElement>(null)
  const target = useRef(speed)
  const isStill = useReducedMotion(undefined, { getInitialValueInEffect: false })
  useEffect(() => {
    target.current = speed
  }, [speed])
  useEffect(() => {
    if (isStill) return undefined
    let shown = target.current
    let offset = 0
    let lastMs = performance.now()
    let frame = requestAnimationFrame(function move(nowMs) {
      shown += (target.current - shown) * EASING
      offset += (shown * PIXELS_PER_SPEED * Math.min(100, nowMs - lastMs)) / 1000
      lastMs = nowMs
      road.current?.setAttribute('stroke-dashoffset', String(offset % DASH))
      for (const wheel of wheels.current?.children ?? []) wheel.setAttribute('transform', `${wheel.getAttribute('data-at')} rotate(${(offset * 5) % 360})`)
      frame = requestAnimationFrame(move)
    })
    return () => cancelAnimationFrame(frame)
  }, [isStill])
  return (
    <svg className={styles.picture} viewBox="0 0 520 120" aria-hidden="true" data-moving={speed > 0}>
      <path className={styles.body} d="M170 84v-16q0-8 10-10l34-6q24-24 40-26h58q18 0 40 26l30 4q18 3 20 16v12q0 4-4 4h-24a17 17 0 0 0-34 0h-98a17 17 0 0 0-34 0h-34q-4 0-4-4Z" />
      <path className={styles.window} d="M228 50q16-16 28-17h22v17Zm60-17h22q12 0 26 17h-48Z" />
      <g ref={wheels}>
        <Wheel at="translate(225 88)" />
        <Wheel at="translate(357 88)" />
      </g>
      <path className={styles.ground} d="M0 103.5h520" />
      <path ref={road} className={styles.marks} d="M0 113h520" strokeDasharray="26 22" />
    </svg>
  )
}

function Wheel({ at }: { at: string }) {
  return (
    <g transform={at} data-at={at}>
      <circle className={styles.wheel} r="14" />
      <path className={styles.spokes} d="M-8 0H8M0-8V8" />
    </g>
  )
}
