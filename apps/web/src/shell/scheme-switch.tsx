import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { words } from '../words.ts'
import styles from './shell.module.css'

export function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('dark', { getInitialValueInEffect: false }) === 'dark'
  return (
    <button type="button" className={styles.scheme} title={isDark ? words.shell.toLight : words.shell.toDark} aria-label={isDark ? words.shell.toLight : words.shell.toDark} onClick={() => setColorScheme(isDark ? 'light' : 'dark')}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" strokeWidth="1.4" />
        <path d="M8 1.5a6.5 6.5 0 0 1 0 13Z" fill="currentColor" />
      </svg>
    </button>
  )
}
