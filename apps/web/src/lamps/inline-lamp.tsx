import type { LampLook } from './lamp-look.ts'
import { LampShape } from './lamp-shape.tsx'
import styles from './lamp.module.css'

/** A lamp within a line or a table: shape and word; `isPlain` where the word is not the answer itself. */
export function InlineLamp({ look, word, isPlain = false }: { look: LampLook; word: string; isPlain?: boolean }) {
  return (
    <span className={styles.inline} {...(isPlain ? {} : { 'data-look': look })}>
      <LampShape look={look} />
      {word}
    </span>
  )
}
