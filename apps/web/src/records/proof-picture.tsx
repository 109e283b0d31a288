import { shorten } from '../text/figures.ts'
import { words } from '../words.ts'
import type { RecordProof } from './record-proof.ts'
import styles from './proof.module.css'

const WIDTH = 560
const STEP_HEIGHT = 46
const TOP = 40
const LEFT = 120
const SIBLING_WIDTH = 74

/** The way from the record to the root of the log: what was computed is a solid line, what the node gave beside it a dashed one. */
export function ProofPicture({ proof, label }: { proof: RecordProof; label: string }) {
  const { steps, leaf, root } = proof
  const stepWidth = Math.min(80, (WIDTH - LEFT - SIBLING_WIDTH - 40) / Math.max(1, steps.length))
  const height = TOP + steps.length * STEP_HEIGHT + 60
  const at = (level: number): { x: number; y: number } => ({ x: LEFT + level * stepWidth, y: height - 40 - level * STEP_HEIGHT })
  const end = at(steps.length)
  return (
    <svg viewBox={`0 0 ${WIDTH} ${height}`} className={styles.picture} role="img" aria-label={words.record.pictureText(steps.length, shorten(root ?? '', 4, 4))} data-holds={proof.isCosigned}>
      {steps.map((step, i) => {
        const [from, to] = [at(i), at(i + 1)]
        const siblingX = Math.min(to.x + Math.max(stepWidth, 46), WIDTH - SIBLING_WIDTH)
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
      <text className={styles.name} x={Math.max(at(0).x, 70)} y={at(0).y + 26} textAnchor="middle">
        {label} {shorten(leaf, 4, 2)}
      </text>
    </svg>
  )
}
