import { useElementSize } from '@mantine/hooks'
import { shorten } from '../text/figures.ts'
import { words } from '../words.ts'
import type { RecordProof } from './record-proof.ts'
import styles from './proof.module.css'

const WIDTH_MIN = 280
const WIDTH_MAX = 620
const STEP_HEIGHT = 46
const TOP = 40
const LEFT = 70
const SIBLING_WIDTH = 74

/** The way from the record to the root of the log: what was computed is a solid line, what the node gave beside it a dashed one. */
export function ProofPicture({ proof, label }: { proof: RecordProof; label: string }) {
  const { steps, leaf, root } = proof
  const { ref, width: found } = useElementSize()
  // Not measured yet: as wide as it may be, scaled by the browser.
  const width = found === 0 ? WIDTH_MAX : Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, found))
  const stepWidth = Math.min(70, (width - LEFT - SIBLING_WIDTH - 20) / Math.max(1, steps.length))
  const height = TOP + steps.length * STEP_HEIGHT + 60
  const at = (level: number): { x: number; y: number } => ({ x: LEFT + level * stepWidth, y: height - 40 - level * STEP_HEIGHT })
  const end = at(steps.length)
  return (
    <div ref={ref}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} className={styles.picture} role="img" aria-label={words.record.pictureText(steps.length, shorten(root ?? '', 4, 4))} data-holds={proof.isCosigned}>
        {steps.map((step, i) => {
          const [from, to] = [at(i), at(i + 1)]
          const siblingX = Math.min(to.x + Math.max(stepWidth, 46), width - SIBLING_WIDTH / 2)
          return (
            <g key={i}>
              <path className={styles.given} d={`M${to.x} ${to.y}H${siblingX}V${from.y - 10}`} />
              <text className={styles.sibling} x={siblingX} y={from.y + 6} textAnchor="middle">
                {shorten(step.sibling, 4, 2)}
              </text>
              <path className={styles.way} d={`M${from.x} ${from.y}V${to.y}H${to.x}`} />
              <circle className={styles.dot} cx={from.x} cy={from.y} r={i === 0 ? 6 : 5} />
            </g>
          )
        })}
        <circle className={styles.dot} cx={end.x} cy={end.y} r={8} />
        <text className={styles.name} x={end.x + 8} y={end.y - 16} textAnchor="end">
          {words.record.root} {shorten(root ?? '', 4, 2)}
        </text>
        <text className={styles.name} x={LEFT} y={at(0).y + 26} textAnchor="middle">
          {label} {shorten(leaf, 4, 2)}
        </text>
      </svg>
    </div>
  )
}
