import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import styles from './page-head.module.css'

/** The title of a page, a line below it, and what can be done there. */
export function PageHead({ title, actions, children }: { title: string; actions?: ReactNode; children?: ReactNode }) {
  useDocumentTitle(`${title} - Telltale`)
  return (
    <header className={styles.head}>
      <div className={styles.words}>
        <h1>{title}</h1>
        {children !== undefined && <p className={styles.below}>{children}</p>}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </header>
  )
}
