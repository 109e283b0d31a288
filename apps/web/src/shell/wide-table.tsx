import { useMergedRef, useResizeObserver } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import styles from './table.module.css'

/** The head of a column and how it looks: figures to the right, `wide` left out on a phone. */
export type Column = readonly [head: string, ...looks: ('number' | 'wide')[]]

/** A table that may be wider than a phone: it then scrolls by itself, with the keyboard too. Its children are rows. */
export function WideTable({ label, columns, children }: { label: string; columns: readonly Column[]; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const [observed, { width }] = useResizeObserver<HTMLDivElement>()
  const [isScrolling, setScrolling] = useState(false)
  useEffect(() => setScrolling(box.current !== null && box.current.scrollWidth > box.current.clientWidth), [width, children])
  return (
    <div ref={useMergedRef(box, observed)} className={styles.scroll} {...(isScrolling ? { tabIndex: 0, role: 'group', 'aria-label': label } : {})}>
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map(([head, ...looks]) => (
              <th key={head} scope="col" className={looks.map((look) => styles[look]).join(' ')}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}
