import type { ReactNode } from 'react'
import styles from './card.module.css'

/** A quiet surface with a caption; the whole of a page is made of them. */
export function Card({ title, action, children, className = '' }: { title?: string; action?: ReactNode; children: ReactNode; className?: string | undefined }) {
  return (
    <section className={`${styles.card} ${className}`} aria-label={title}>
      {(title !== undefined || action !== undefined) && (
        <div className={styles.head}>
          <h2 className={styles.title}>{title}</h2>
          {action}
        </div>
      )}
      {children}
    </section>
  )
}

/** What would be here, and the one thing that fills it. */
export function Empty({ children }: { children: ReactNode }) {
  return <p className={styles.empty}>{children}</p>
}

/** Names and what stands there; what is null is left out. */
export function Facts({ facts, className = '' }: { facts: [string, ReactNode][]; className?: string | undefined }) {
  return (
    <dl className={`${styles.facts} ${className}`}>
      {facts.filter(([, value]) => value !== null).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
