import { useClipboard } from '@mantine/hooks'
import { words } from '../words.ts'
import { shorten } from './figures.ts'
import styles from './text.module.css'

/** A hash or an address, shortened in the middle; a click copies the whole. */
export function Hash({ text, head = 8, tail = 4 }: { text: string; head?: number; tail?: number }) {
  const clipboard = useClipboard({ timeout: 1500 })
  const shown = clipboard.copied ? words.copied : shorten(text, head, tail)
  return (
    <button type="button" className={styles.hash} title={text} aria-label={`${shown}, ${words.copy}`} onClick={() => clipboard.copy(text)}>
      {shown}
    </button>
  )
}
