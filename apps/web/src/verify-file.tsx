import { createRoot } from 'react-dom/client'
import { Look } from './theme/look.tsx'
import { SchemeSwitch } from './shell/scheme-switch.tsx'
import styles from './shell/shell.module.css'
import { UnitSwitch } from './shell/unit-switch.tsx'
import { VerifyPage } from './verify/verify-page.tsx'

/** The verify page alone, for the single file that needs neither a node nor a network. */
createRoot(document.getElementById('root') as HTMLElement).render(
  <Look>
    <header className={styles.bar}>
      <span className={styles.brand}>Telltale</span>
      <div className={styles.state}>
        <UnitSwitch />
        <SchemeSwitch />
      </div>
    </header>
    <main className={styles.main}>
      <VerifyPage />
    </main>
  </Look>,
)
