import type { LampLook } from './lamp-look.ts'
import styles from './lamp.module.css'

/** The shape says the same as colour and word: disc, triangle, octagon, dashed ring. */
export function LampShape({ look, size = 16 }: { look: LampLook; size?: number }) {
  return (
    <svg className={styles.shape} data-look={look} viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <Shape look={look} />
    </svg>
  )
}

function Shape({ look }: { look: LampLook }) {
  switch (look) {
    case 'holds':
      return (
        <>
          <circle cx="8" cy="8" r="8" fill="currentColor" />
          <path d="M4.4 8.2 7 10.8l4.7-5.2" className={styles.sign} />
        </>
      )
    case 'attention':
      return (
        <>
          <path d="M8 .6 15.8 15H.2Z" fill="currentColor" stroke="currentColor" strokeLinejoin="round" />
          <path d="M8 5.6v4.6M8 12.2v.9" className={styles.sign} />
        </>
      )
    case 'refuted':
      return (
        <>
          <path d="M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7Z" fill="currentColor" />
          <path d="m5.2 5.2 5.6 5.6m0-5.6-5.6 5.6" className={styles.sign} />
        </>
      )
    case 'pending':
    case 'unknown':
    case 'not-asked':
      return <circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" strokeWidth="1.6" strokeDasharray="2.6 2.2" />
  }
}
