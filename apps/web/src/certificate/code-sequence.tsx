import { Button } from '@mantine/core'
import { useEffect, useMemo, useState } from 'react'
import { encodeQR } from 'qr'
import { words } from '../words.ts'
import styles from './certificate.module.css'

/** How long each code stands: three a second at most, so that nothing flickers in a way that harms. */
const STANDS_MS = 350

/** QR codes one after the other, over and over, until a camera has them all. */
export function CodeSequence({ parts }: { parts: string[] }) {
  const [index, setIndex] = useState(0)
  const [isRunning, setRunning] = useState(parts.length > 1)
  useEffect(() => {
    if (!isRunning) return undefined
    const timer = setInterval(() => setIndex((current) => (current + 1) % parts.length), STANDS_MS)
    return () => clearInterval(timer)
  }, [isRunning, parts])
  const shown = parts[index % parts.length] ?? ''
  return (
    <>
      <Code text={shown} label={words.certificate.code(index + 1, parts.length)} />
      <div className={styles.actions}>
        <span>{words.certificate.code((index % parts.length) + 1, parts.length)}</span>
        {parts.length > 1 && (
          <>
            <Button onClick={() => setRunning(!isRunning)}>{isRunning ? words.certificate.pause : words.certificate.run}</Button>
            {!isRunning && <Button onClick={() => setIndex((index + 1) % parts.length)}>{words.certificate.nextCode}</Button>}
          </>
        )}
      </div>
    </>
  )
}

/** Dark on white in both schemes: that is what cameras read. */
function Code({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => codePath(text), [text])
  return (
    <svg className={styles.code} viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} data-code={text} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}

function codePath(text: string): { size: number; path: string } {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: 4 })
  return { size: rows.length, path: rows.map((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')).join('')).join('') }
}
