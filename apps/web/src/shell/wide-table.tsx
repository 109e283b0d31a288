import { useMergedRef, useResizeObserver } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import styles from './table.module.css'

/** A table that may be wider than a phone: it then scrolls by itself, with the keyboard too. */
export function WideTable({ label, children }: { label: string; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const [observed, { width }] = useResizeObserver<HTMLDivElement>()
  const [isScrolling, setScrolling] = useState(false)
  useEffect(() => setScrolling(box.current !== null && box.current.scrollWidth > box.current.clientWidth), [width, children])
  return (
    <div ref={useMergedRef(box, observed)} className={styles.scroll} {...(isScrolling ? { tabIndex: 0, role: 'group', 'aria-label': label } : {})}>
      <table className={styles.table}>{children}</table>
    </div>
  )
}
